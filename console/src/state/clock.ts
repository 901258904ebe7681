import { onScopeDispose, ref, type Ref } from 'vue';

const now = ref(Date.now());
let users = 0;
let ticking: ReturnType<typeof setInterval> | undefined;

/** The present, once a second, for waits that tick; the interval stops when nobody shows one. */
export function useNow(): Ref<number> {
  users += 1;
  now.value = Date.now();
  ticking ??= setInterval(() => (now.value = Date.now()), 1000);
  onScopeDispose(() => {
    users -= 1;
    if (users === 0) {
      clearInterval(ticking);
      ticking = undefined;
    }
  });
  return now;
}
