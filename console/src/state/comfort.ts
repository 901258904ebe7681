import { ref } from 'vue';

const kept = 'minsheng.large';
export const large = ref(globalThis.localStorage?.getItem(kept) === 'on');

/** Large text is a property of the eyes at this desk, so the browser keeps it. */
export function setLarge(on: boolean): void {
  large.value = on;
  localStorage.setItem(kept, on ? 'on' : 'off');
  show();
}

export function show(): void {
  document.documentElement.classList.toggle('large', large.value);
}
