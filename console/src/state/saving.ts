import { ref, type Ref } from 'vue';

export interface Saving<A extends unknown[]> {
  busy: Ref<boolean>;
  fault: Ref<unknown>;
  save: (...what: A) => Promise<void>;
}

/** Sends what a person saves: once, however often the button is pressed meanwhile. `told`: where a refusal is said besides `fault`. */
export function useSaving<A extends unknown[]>(
  send: (...what: A) => Promise<unknown>,
  told?: (error: unknown) => void,
): Saving<A> {
  const busy = ref(false);
  const fault = ref<unknown>(null);

  async function save(...what: A): Promise<void> {
    if (busy.value) return;
    [busy.value, fault.value] = [true, null];
    try {
      await send(...what);
    } catch (error) {
      fault.value = error;
      told?.(error);
    } finally {
      busy.value = false;
    }
  }
  return { busy, fault, save };
}
