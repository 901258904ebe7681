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
