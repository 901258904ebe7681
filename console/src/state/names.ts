import { ref, type Ref } from 'vue';
import { lists, live, queues } from '@/api';
import { session } from '@/state/session';

type Names = Record<string, string>;
const titles = ref<Names | null>(null);
const people = ref<Names | null>(null);
const units = ref<Names | null>(null);

async function load(names: Ref<Names | null>, pairs: () => Promise<[string, string][]>): Promise<void> {
  names.value = {};
  names.value = Object.fromEntries(await pairs().catch(() => []));
}

/** The title of a queue as people know it; its name until the titles are here. */
export function queueTitle(name: string | null): string {
  if (!name) return '—';
  if (!titles.value) {
    void load(titles, async () => (await queues.list()).map((queue) => [queue.name, queue.title]));
  }
  return titles.value?.[name] ?? name;
}

/** An operator's display name. Units may not read the list of operators: they see the user name. */
export function operatorName(username: string): string {
  if (!people.value && session.role.value !== 'unit') {
    void load(people, async () => (await live.operators()).map((one) => [one.username, one.display_name]));
  }
  return people.value?.[username] ?? username;
}

export function unitName(code: string | null): string {
  if (!code) return '—';
  if (!units.value) {
    void load(units, async () => (await lists.units()).map((unit) => [unit.code, unit.name]));
  }
  return units.value?.[code] ?? code;
}
