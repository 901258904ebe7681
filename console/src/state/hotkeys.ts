import { onMounted, onScopeDispose } from 'vue';

/** Where letters are text. */
function types(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

export function dialogIsOpen(): boolean {
  const overlays = document.querySelectorAll<HTMLElement>('.el-overlay');
  return [...overlays].some((overlay) => overlay.style.display !== 'none');
}

/** Plain keys of a page: silent while somebody types, and while a dialog has the keyboard. */
export function useHotkeys(pressed: (event: KeyboardEvent) => boolean): void {
  function listen(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
    if (types(event.target) || dialogIsOpen()) return;
    if (pressed(event)) event.preventDefault();
  }
  onMounted(() => window.addEventListener('keydown', listen));
  onScopeDispose(() => window.removeEventListener('keydown', listen));
}
