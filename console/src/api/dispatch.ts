// 自动派单: what the machine sends out by itself.
import { http } from './http';
import type { Named, VersionEntry } from './types';

export interface DispatchRule {
  on: boolean;
  percent: number;
  cases: number;
  wait_minutes: number;
}

/** How the finished tickets of an entry of the catalogue ended. */
export interface DispatchPast {
  cases: number;
  same: number;
}

/** What the catalogue says of a class at a place. */
export interface UnitSuggestion {
  unit: Named;
  co_units: Named[];
  reason: string;
  basis: string | null;
  past: DispatchPast;
}

export interface DispatchOutlook {
  class: Named;
  /** null: the whole county. */
  area: Named | null;
  unit: Named;
  past: DispatchPast;
  sure: boolean;
}

export interface AutomaticDispatch {
  settings: DispatchRule;
  version: number;
  updated_at: string | null;
  updated_by: string;
  window_days: number;
  entries: DispatchOutlook[];
}

const path = 'dispatch/automatic';

export const automatic = {
  show: () => http.load<AutomaticDispatch>(path),
  save: (rule: DispatchRule, version: number) => http.put<AutomaticDispatch>(path, rule, { version }),
  versions: () => http.load<VersionEntry[]>(`${path}/versions`),
  rollback: (version: number) => http.post(`${path}/rollback`, { version }),
};
