// A browser that is too old, or one that shows pages as Internet Explorer does, would stay empty: this says why. It must run in those, so
// it is written as they understand it.
(function () {
  if (Object.hasOwn) return;
  document.addEventListener('DOMContentLoaded', function () {
    var note = document.createElement('div');
    note.id = 'older';
    note.setAttribute('role', 'alert');
    note.style.cssText =
      'margin:12vh auto;max-width:38em;padding:0 1em;font:18px/1.8 sans-serif;color:#1d2b3a';
    note.innerHTML =
      '<h1>当前浏览器无法打开民声</h1>' +
      '<p>需要谷歌内核（Chromium）93 或更高版本。</p>' +
      '<p>使用 360、搜狗等浏览器：请点击地址栏右侧的图标，由“兼容模式”切换为“极速模式”。</p>' +
      '<p>使用统信、麒麟自带浏览器：请在系统的应用商店中升级浏览器。</p>' +
      '<p lang="en">This browser is too old: Chromium 93 or later is needed.</p>';
    document.body.innerHTML = '';
    document.body.appendChild(note);
  });
})();
