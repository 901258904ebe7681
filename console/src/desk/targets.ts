// To whom a call can be handed on, found by a few typed characters. Pure.
import type { Operator, QueueLive, TransferTarget, Unit } from '@/api/types';

export interface Target {
  key: string;
  to: TransferTarget;
  kind: 'operator' | 'queue' | 'unit' | 'number';
  name: string;
  detail: string;
  state: Operator['state'] | null;
  waiting: number;
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
}

/** Those who can take the call come first; nobody offline, and not oneself. Of the many units only those that were asked for. */
export function findTargets(text: string, directory: Directory, me: string): Target[] {
  const wanted = text.trim().toLowerCase();
  const people = directory.operators
    .filter((one) => one.username !== me && one.state !== 'offline')
    .sort((a, b) => Number(reachable.has(b.state)) - Number(reachable.has(a.state)))
    .map(ofOperator);
  const units = wanted ? directory.units.filter((one) => dialled(one.phone)).map(ofUnit) : [];
  const all = [...people, ...directory.queues.map(ofQueue), ...units];
  const found = all.filter((one) => `${one.name} ${one.detail} ${one.key}`.toLowerCase().includes(wanted));
  const number = dialled(text);
  if (!number || found.some((one) => 'number' in one.to && one.to.number === number)) return found;
  const outside: Target = {
    key: 'n',
    to: { number },
    kind: 'number',
    name: number,
    detail: '',
    state: null,
    waiting: 0,
  };
  return [...found, outside];
}
