import { computed, ref, type ComputedRef, type Ref } from 'vue';
import type { Page } from '@/api/types';
import { useLoad, type Loading } from './load';

export interface Paged<T> extends Loading<Page<T>> {
  items: ComputedRef<T[]>;
  number: Ref<number>;
  /** Another page follows. */
  more: ComputedRef<boolean>;
  first: () => Promise<void>;
  next: () => Promise<void>;
  previous: () => Promise<void>;
}

/** A list that pages by opaque cursor: the cursors walked so far are the way back. */
export function usePages<T>(fetchPage: (cursor: string | undefined) => Promise<Page<T>>): Paged<T> {
  const cursors = ref<(string | undefined)[]>([undefined]);
  const loading = useLoad(() => fetchPage(cursors.value.at(-1)));
  const items = computed(() => loading.data.value?.items ?? []);
  const more = computed(() => !!loading.data.value?.next_cursor);
  const number = computed(() => cursors.value.length);

  async function first(): Promise<void> {
    cursors.value = [undefined];
    await loading.load();
  }
  async function next(): Promise<void> {
    const cursor = loading.data.value?.next_cursor;
    if (!cursor) return;
    cursors.value.push(cursor);
    await loading.load();
  }
  async function previous(): Promise<void> {
    if (cursors.value.length > 1) cursors.value.pop();
    await loading.load();
  }
  return { ...loading, items, number, more, first, next, previous };
}
