// Lengths of time as the daemon writes them, and as people say them. Pure.
import { nameOf } from '@/i18n';

export const limitUnits = ['wd', 'd', 'wh', 'h', 'min'] as const;
export type LimitUnit = (typeof limitUnits)[number];

/** `3wd` is 3 working days, `24h` are hours; null for what is neither. */
export function readLimit(limit: string): { amount: string; unit: LimitUnit } | null {
  const found = /^(\d+)(wd|d|wh|h|min)$/.exec(limit);
  return found ? { amount: found[1] ?? '', unit: found[2] as LimitUnit } : null;
}

/** Empty without an amount: nothing is asked for by its unit alone. */
export function limitOf(typed: string, unit: LimitUnit): string {
  const amount = typed.replace(/\D/g, '').replace(/^0+/, '');
  return amount && amount + unit;
}

export function sayLimit(limit: string): string {
  const read = readLimit(limit);
  return read ? `${read.amount} ${nameOf('limits.unit', read.unit)}` : limit;
}
