// A notification of the desktop, for a console that lies behind another window.

let shown: Notification | null = null;

export function notify(title: string, body: string): void {
  if (!('Notification' in globalThis) || Notification.permission !== 'granted' || document.hasFocus()) return;
  shown?.close();
  shown = new Notification(title, { body, tag: 'minsheng.call', requireInteraction: true });
  shown.onclick = () => {
    globalThis.focus();
    shown?.close();
  };
}

export function withdraw(): void {
  shown?.close();
  shown = null;
}
