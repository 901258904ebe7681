// Entries of the duty catalogue in a form. Pure.
import type { DutyDraft, DutyEntry, DutyTerms } from '@/api/duties';
import type { Role } from '@/api/types';

/** The daemon checks it; this only keeps buttons from who would be refused. */
export const mayKeep = (role: Role | null): boolean => role === 'admin' || role === 'dispatcher';

/** Who decides what the machine sends out by itself. */
export const mayDecide = (role: Role | null): boolean => role === 'admin' || role === 'supervisor';

export function draftOf(entry: DutyEntry | null): DutyDraft {
  return {
    class_code: entry?.class.code ?? '',
    area: entry?.area?.code ?? '',
    unit_code: entry?.unit.code ?? '',
    co_units: (entry?.co_units ?? []).map((unit) => unit.code),
    basis: entry?.basis ?? '',
    note: entry?.note ?? '',
    valid_from: entry?.valid_from ?? null,
    valid_until: entry?.valid_until ?? null,
  };
}

/** What a draft says beside the class, the area and the unit. A picker that was emptied gives undefined. */
export function termsOf({ co_units, basis, note, valid_from, valid_until }: DutyDraft): DutyTerms {
  return { co_units, basis, note, valid_from: valid_from || null, valid_until: valid_until || null };
}

export function isWrongWay({ valid_from, valid_until }: DutyDraft): boolean {
  return !!valid_from && !!valid_until && valid_until < valid_from;
}
