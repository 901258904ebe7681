import type { TicketFilter } from '@/api/finding';

/** What a search may be kept by: everything but the page. */
export const kept = [
  'q',
  'state',
  'class',
  'unit',
  'caller',
  'operator',
  'band',
  'kind',
  'source',
  'due',
  'from',
  'to',
  'sort',
] as const satisfies readonly (keyof TicketFilter)[];

/** The filter without what is empty, so that two that ask the same are the same. */
export function filled(filter: TicketFilter): TicketFilter {
  return Object.fromEntries(kept.flatMap((key) => (filter[key] ? [[key, filter[key]]] : [])));
}

export function sameFilter(one: TicketFilter, other: TicketFilter): boolean {
  const [a, b] = [filled(one), filled(other)];
  return kept.every((key) => a[key] === b[key]);
}

export const split = (text: string | undefined): string[] => (text ? text.split(',') : []);
export const join = (words: string[]): string | undefined => words.join(',') || undefined;
