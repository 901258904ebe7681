import { ref, type Ref } from 'vue';
import { lists, queues } from '@/api';
import type { ClassNode, Consult } from '@/api/types';
import { isService } from '@/desk/commands';
import { t } from '@/i18n';
import { session } from '@/state/session';

type Names = Record<string, string>;
const titles = ref<Names | null>(null);
const people = ref<Names | null>(null);
const units = ref<Names | null>(null);
const classes = ref<Names | null>(null);
const served = ref<Names | null>(null);

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

/** A person's display name; a unit knows nobody's. */
export function personName(username: string): string {
  if (!people.value && session.role.value !== 'unit') {
    void load(people, async () => (await lists.people()).map((one) => [one.username, one.display_name]));
  }
  return people.value?.[username] ?? username;
}

/** Whom the operator asks: a colleague, the unit whose telephone it is, a service; empty when only the number is known. */
export function partyName({ kind, party, name }: Consult): string {
  if (kind === 'operator') return personName(party);
  // A county's directory may name services as well, and then by the telephone that really rings there.
  return name ?? (isService(party) ? t(`phone.service.${party}`) : '');
}

/** Who wrote a setting: the files of the first start, or a person. */
export function authorName(by: string): string {
  return by === 'provisioning' ? t('versions.shipped') : personName(by);
}

const leaves = (nodes: readonly ClassNode[]): [string, string][] =>
  nodes.flatMap(({ code, name, children = [] }): [string, string][] => [[code, name], ...leaves(children)]);

export function className(code: string): string {
  if (!classes.value) void load(classes, async () => leaves(await lists.classes()));
  return classes.value?.[code] ?? code;
}

/** A skill as its queues are called: `hrss:2` is 人社专席 2 级. One that no queue asks for keeps its code. */
export function skillTitle(skill: string): string {
  if (!served.value) {
    void load(served, async () => (await queues.list()).map((queue) => [queue.skill, queue.title]));
  }
  const [code = '', level] = skill.split(':');
  const title = served.value?.[code] ?? code;
  return level ? t('user.skillLevel', { title, level }) : title;
}

export function unitName(code: string | null): string {
  if (!code) return '—';
  if (!units.value) {
    void load(units, async () => (await lists.units()).map((unit) => [unit.code, unit.name]));
  }
  return units.value?.[code] ?? code;
}
