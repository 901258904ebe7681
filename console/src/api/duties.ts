// The duty catalogue as it is kept: who answers for what, where and since when.
import { address, http } from './http';
import type { Named, Page } from './types';
import type { ImportOutcome, ListChange } from './units';

export type DutyState = 'in_force' | 'future' | 'ended';

export interface DutyEntry {
  id: number;
  /** Of the catalogue, that changed it last. */
  version: number;
  class: Named;
  /** null: the whole county. */
  area: Named | null;
  unit: Named;
  co_units: Named[];
  basis: string;
  note: string;
  valid_from: string | null;
  /** The last day. */
  valid_until: string | null;
  state: DutyState;
  precedents: number;
  updated_at: string | null;
  updated_by: string;
}

/** What of an entry may be changed. */
export interface DutyTerms {
  co_units: string[];
  basis: string;
  note: string;
  valid_from: string | null;
  valid_until: string | null;
}

export interface DutyDraft extends DutyTerms {
  class_code: string;
  area: string;
  unit_code: string;
}

export interface DutyFilter {
  q?: string;
  class?: string;
  unit?: string;
  state?: DutyState;
  cursor?: string;
}

export interface DutyVersion {
  version: number;
  updated_at: string | null;
  updated_by: string;
  what: 'loaded' | 'added' | 'changed' | 'imported' | 'rolled_back';
  entries: number;
}

const path = 'duty-catalogue';

export const duties = {
  page: (filter: DutyFilter) => http.load<Page<DutyEntry>>(path, { ...filter }),
  add: (draft: DutyDraft) => http.post<DutyEntry>(path, draft),
  save: (id: number, terms: DutyTerms, version: number) =>
    http.put<DutyEntry>(`${path}/${id}`, { ...terms, version }),
  versions: (cursor?: string) => http.load<Page<DutyVersion>>(`${path}/versions`, { cursor }),
  changes: (version: number) =>
    http.load<{ version: number; changes: ListChange[] }>(`${path}/versions/${version}`),
  rollback: (version: number) => http.post(`${path}/rollback`, { version }),
  take: (file: File, apply: boolean) =>
    http.upload<ImportOutcome>(`${path}/import`, file, { apply: String(apply), name: file.name }),
  exportAddress: (format: 'csv' | 'xlsx') => address(`${path}/export`, { format }),
};
