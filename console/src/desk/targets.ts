// To whom a call can be handed on, found by a few typed characters. Pure.
import type { DeskPerson, Operator, QueueLive, TransferTarget, Unit } from '@/api/types';

export interface Target {
  key: string;
  to: TransferTarget;
  kind: 'operator' | 'queue' | 'unit' | 'person' | 'number';
  name: string;
  detail: string;
  state: Operator['state'] | null;
  waiting: number;
  /** Today, at a unit. */
  onDuty: boolean;
}

const reachable = new Set(['ready', 'wrap_up']);

function ofOperator(one: Operator): Target {
  return {
    key: `o-${one.username}`,
    to: { operator: one.username },
    kind: 'operator',
    name: one.display_name,
    detail: one.extension ?? '',
    state: one.state,
    waiting: 0,
    onDuty: false,
  };
}

function ofQueue(one: Pick<QueueLive, 'name' | 'title' | 'waiting'>): Target {
  return {
    key: `q-${one.name}`,
    to: { queue: one.name },
    kind: 'queue',
    name: one.title,
    detail: '',
    state: null,
    waiting: one.waiting.length,
    onDuty: false,
  };
}

function ofUnit(one: Unit): Target {
  return {
    key: `u-${one.code}`,
    to: { number: dialled(one.phone) ?? '' },
    kind: 'unit',
    name: one.name,
    detail: one.phone,
    state: null,
    waiting: 0,
    onDuty: false,
  };
}

function ofPerson(one: DeskPerson): Target {
  return {
    key: `p-${one.unit_code}-${one.name}-${one.number}`,
    to: { number: one.number },
    kind: 'person',
    name: [one.name, one.office].filter(Boolean).join(' · '),
    detail: `${one.unit} ${one.shown}`,
    state: null,
    waiting: 0,
    onDuty: one.on_duty,
  };
}

/** What somebody dials, without what people write between digits; null when it is no number. */
export function dialled(text: string): string | null {
  const digits = text.replace(/[\s()（）-]/g, '');
  return /^\+?\d{3,20}$/.test(digits) ? digits : null;
}

export interface Directory {
  operators: readonly Operator[];
  queues: readonly Pick<QueueLive, 'name' | 'title' | 'waiting'>[];
  units: readonly Unit[];
  /** Those on duty first. */
  people: readonly DeskPerson[];
}

/** More than anybody reads: a few more letters find the right one. */
export const mostTargets = 60;

/** What people type to find whoever is on duty. */
const dutyWord = '值班';

/** Those who can take the call come first; nobody offline, and not oneself. Of units and their people only those that were asked for. */
export function findTargets(text: string, directory: Directory, me: string): Target[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const people = directory.operators
    .filter((one) => one.username !== me && one.state !== 'offline')
    .sort((a, b) => Number(reachable.has(b.state)) - Number(reachable.has(a.state)))
    .map(ofOperator);
  const asked = words.length ? [...unitsOf(directory), ...directory.people.map(ofPerson)] : [];
  const all = [...people, ...directory.queues.map(ofQueue), ...asked];
  const number = dialled(text);
  const found = all.filter((one) => words.every((word) => searched(one).includes(word)) || isAt(one, number));
  if (!number || found.some((one) => isAt(one, number))) return found;
  const outside: Target = {
    key: 'n',
    to: { number },
    kind: 'number',
    name: number,
    detail: '',
    state: null,
    waiting: 0,
    onDuty: false,
  };
  return [...found, outside];
}

const unitsOf = (directory: Directory): Target[] =>
  directory.units.filter((one) => dialled(one.phone)).map(ofUnit);

const searched = (one: Target): string =>
  `${one.name} ${one.detail} ${one.key} ${one.onDuty ? dutyWord : ''}`.toLowerCase();

const isAt = (one: Target, number: string | null): boolean => 'number' in one.to && one.to.number === number;
