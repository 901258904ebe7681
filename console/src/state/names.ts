import { ref } from 'vue';
import { queues } from '@/api';

const titles = ref<Record<string, string> | null>(null);

async function load(): Promise<void> {
  titles.value = {};
  const all = await queues.list().catch(() => []);
  titles.value = Object.fromEntries(all.map((queue) => [queue.name, queue.title]));
}

/** The title of a queue as people know it; its name until the titles are here. */
export function queueTitle(name: string | null): string {
  if (!name) return '—';
  if (titles.value === null) void load();
  return titles.value?.[name] ?? name;
}
