// A time-limit profile as an administrator edits it: limits of one band or kind at a time. Pure.
import type { LimitProfile, Timers } from '@/api/limits';
import type { FieldError } from '@/api/types';
import { t } from '@/i18n';
import { readLimit } from '@/logic/limits';
import { bands, kinds } from '@/logic/states';

/** Whose limits: of a band, or of a kind, which goes before the bands that are not urgent. */
export interface Group {
  list: 'bands' | 'kinds';
  name: string;
}

export const groups: readonly Group[] = [
  ...bands.map((name) => ({ list: 'bands' as const, name })),
  ...kinds.map((name) => ({ list: 'kinds' as const, name })),
];

/** In the order in which a ticket meets them; of the unit, then of the office. */
export const timers = {
  unit: ['sign', 'first_contact', 'on_site', 'handle', 'progress', 'redo', 'supervision'],
  office: ['dispatch', 'review', 'callback', 'dispute'],
} as const;

/** Those of the rest begin when their step comes. */
const withDispatch: readonly string[] = ['sign', 'on_site', 'handle'];
export const beginsWithDispatch = (timer: string): boolean => withDispatch.includes(timer);

export const keyOf = (group: Group): string => `${group.list}.${group.name}`;

export const limitsOf = (profile: LimitProfile, group: Group): Timers =>
  profile[group.list][group.name] ?? {};

/** An empty limit is none; a kind without any goes by its band. */
export function withLimit(profile: LimitProfile, group: Group, timer: string, limit: string): LimitProfile {
  const kept = Object.entries(limitsOf(profile, group)).filter(([name]) => name !== timer);
  const changed: Timers = Object.fromEntries(limit ? [...kept, [timer, limit]] : kept);
  const rest = Object.entries(profile[group.list]).filter(([name]) => name !== group.name);
  const isLeft = group.list === 'bands' || Object.keys(changed).length > 0;
  return {
    ...profile,
    [group.list]: Object.fromEntries(isLeft ? [...rest, [group.name, changed]] : rest),
  };
}

/** A ticket of this band, or of this kind in the band that is common. */
export const ticketOf = (group: Group): { band: string; kind: string } =>
  group.list === 'bands' ? { band: group.name, kind: '' } : { band: 'C', kind: group.name };

export const copyOf = (profile: LimitProfile): LimitProfile =>
  JSON.parse(JSON.stringify(profile)) as LimitProfile;

/** The same in another order is the same. */
export function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, sorted(inner)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => a.localeCompare(b)));
}

/** The daemon's faults by field, whether it was asked to save the settings or to try them. */
export function faultsByField(faults: readonly FieldError[]): Record<string, string> {
  return Object.fromEntries(faults.map(({ field, message }) => [field.replace(/^settings\./, ''), message]));
}

export const hasFault = (faults: Record<string, string>, group: Group): boolean =>
  Object.keys(faults).some((field) => field.startsWith(`${keyOf(group)}.`) || field === keyOf(group));

/** What is left when a reminder comes: `50%` of the time, or `2wd`. */
export type Left = '%' | 'wd';

export function readLeft(before: string): { amount: string; left: Left } {
  const percent = /^(\d*)%$/.exec(before);
  if (percent) return { amount: percent[1] ?? '', left: '%' };
  return { amount: readLimit(before)?.amount ?? '', left: 'wd' };
}

export const leftOf = (typed: string, left: Left): string => typed.replace(/\D/g, '') + left;

/** `left50%`, `left2wd`, `urge` … in words. */
export function sayStep(step: string): string {
  if (step === 'urge' || step === 'supervise' || step === 'report') return t(`limit.${step}`);
  const { amount, left } = readLeft(step.replace(/^left/, ''));
  return t(left === '%' ? 'limit.leftPercent' : 'limit.leftDays', { n: amount });
}
