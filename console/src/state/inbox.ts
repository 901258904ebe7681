// The inboxes of whoever is signed in: how full they are, and the rows of the one that is open.
import { computed, onScopeDispose, ref, watch, type Ref } from 'vue';
import { inboxes, type Inbox } from '@/api/inbox';
import type { TicketSummary } from '@/api/types';
import { useNews } from './events';
import { useCurrent, useLoad } from './load';

/** News come in bursts: one answer to all of this time (ms). A pause in them is not waited for: a busy county has none. */
const settle = 300;
/** Things become late without anybody touching them. */
const minute = 60_000;

export function useInboxes(open: Ref<string>) {
  const counts = useCurrent(inboxes.all);
  const page = useLoad(() => inboxes.rows(open.value));
  const more = ref<TicketSummary[]>([]);
  const cursor = ref<string | null>(null);
  const shown = computed<Inbox[]>(() => counts.data.value ?? []);
  const rows = computed<TicketSummary[]>(() => [...(page.data.value?.items ?? []), ...more.value]);
  let waiting: ReturnType<typeof setTimeout> | undefined;

  async function reload(): Promise<void> {
    await Promise.all([counts.load(), open.value ? page.load() : undefined]);
    more.value = [];
    cursor.value = page.data.value?.next_cursor ?? null;
  }

  function soon(): void {
    waiting ??= setTimeout(() => {
      waiting = undefined;
      void reload();
    }, settle);
  }

  async function loadMore(): Promise<void> {
    if (!cursor.value) return;
    const next = await inboxes.rows(open.value, cursor.value);
    more.value = [...more.value, ...next.items];
    cursor.value = next.next_cursor;
  }

  watch(open, () => {
    page.data.value = null;
    void reload();
  });
  useNews(
    (news) => {
      if (['ticket', 'inbox', 'notice'].includes(news.kind)) soon();
    },
    () => void reload(),
  );
  const ticking = setInterval(() => void reload(), minute);
  onScopeDispose(() => {
    clearTimeout(waiting);
    clearInterval(ticking);
  });
  const error = computed(() => counts.error.value ?? page.error.value);
  return { shown, rows, cursor, error, busy: page.busy, reload, loadMore };
}

/** The ticket after this one in an inbox; the first when this one has left it; none when nothing else waits. */
export async function nextIn(inbox: string, number: string, step = 1): Promise<string | null> {
  const { items } = await inboxes.rows(inbox);
  const at = items.findIndex((row) => row.number === number);
  if (at < 0) return items[0]?.number ?? null;
  if (items.length < 2) return null;
  return items[(at + step + items.length) % items.length]?.number ?? null;
}

/** Whether a ticket waits in an inbox. */
export async function waitsIn(inbox: string, number: string): Promise<boolean> {
  return (await inboxes.rows(inbox)).items.some((row) => row.number === number);
}
