// The audit log: who did, saw or tried what.
import { http } from './http';
import type { Page } from './types';

export interface AuditEntry {
  seq: number;
  at: string;
  actor: string;
  role: string;
  address: string;
  action: string;
  object_kind: string;
  object_id: string;
  outcome: 'done' | 'refused' | 'failed';
  detail: unknown;
  hash: string;
}

export interface AuditFilter {
  actor?: string;
  object_kind?: string;
  object_id?: string;
  action?: string;
  from?: string;
  to?: string;
  cursor?: string;
  limit?: number;
}

interface AuditBreak {
  seq: number;
  reason: string;
}

export interface AuditReport {
  entries: number;
  head: string;
  recordings: number;
  first_break: AuditBreak | null;
  broken_recordings: AuditBreak[];
}

export const audit = {
  list: (filter: AuditFilter) => http.load<Page<AuditEntry>>('audit', { ...filter }),
  verify: () => http.post<AuditReport>('audit/verify'),
};
