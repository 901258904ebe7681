// The directory of units as a tree that is read from the top down.
import type { UnitEntry } from '@/api/units';

export interface UnitLine {
  unit: UnitEntry;
  /** 0 for a unit without a superior. */
  level: number;
}

/** Each unit right below its superior; one whose superior is not there stands at the top. */
export function asTree(units: readonly UnitEntry[]): UnitLine[] {
  const known = new Set(units.map((unit) => unit.code));
  const below = new Map<string | null, UnitEntry[]>();
  for (const unit of units) {
    const superior = unit.parent && known.has(unit.parent) ? unit.parent : null;
    below.set(superior, [...(below.get(superior) ?? []), unit]);
  }
  const lines: UnitLine[] = [];
  const walk = (superior: string | null, level: number): void => {
    for (const unit of below.get(superior) ?? []) {
      lines.push({ unit, level });
      walk(unit.code, level + 1);
    }
  };
  walk(null, 0);
  return lines;
}
