import { ref, type Ref } from 'vue';

export interface Loading<T> {
  data: Ref<T | null>;
  error: Ref<unknown>;
  busy: Ref<boolean>;
  load: () => Promise<void>;
}

/** Loads one thing; a slower, older answer never replaces a newer one. */
export function useLoad<T>(fetchIt: () => Promise<T>): Loading<T> {
  const data = ref<T | null>(null) as Ref<T | null>;
  const error = ref<unknown>(null);
  const busy = ref(false);
  let latest = 0;

  async function load(): Promise<void> {
    const mine = (latest += 1);
    busy.value = true;
    try {
      const got = await fetchIt();
      if (mine === latest) [data.value, error.value] = [got, null];
    } catch (e) {
      if (mine === latest) error.value = e;
    } finally {
      if (mine === latest) busy.value = false;
    }
  }
  return { data, error, busy, load };
}

/**
 * Loads what is always the same thing as it is now. However many ask at once, one request is under way and one more follows it; each answer
 * is shown as it comes, so a burst of news does not keep the screen waiting for its end.
 */
export function useCurrent<T>(fetchIt: () => Promise<T>): Loading<T> {
  const one = useLoad(fetchIt);
  let running: Promise<void> | null = null;
  let following: Promise<void> | null = null;

  function load(): Promise<void> {
    if (!running) return (running = one.load().finally(() => (running = null)));
    // What is under way may have been answered before the news: whoever asks now waits for the next.
    return (following ??= running.then(() => {
      following = null;
      return load();
    }));
  }
  return { ...one, load };
}
