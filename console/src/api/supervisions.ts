// The ledger of supervisions, the list of the day, checks at the site.
import type { Attachment } from './attachments';
import { address, http } from './http';
import type { Page } from './types';

export type SupervisionState = 'open' | 'answered' | 'discharged' | 'ended';
export type Concern = 'overdue' | 'due_today' | 'unsigned';
export type AuditResult = 'true' | 'partly' | 'false';

export interface SupervisionEntry {
  id: string;
  number: string;
  ticket_number: string;
  ticket_title: string;
  ticket_state: string;
  band: string;
  level: number;
  form: 'card' | 'sheet';
  state: SupervisionState;
  unit_code: string | null;
  unit_name: string | null;
  reason: string;
  opened_at: string;
  opened_by: string;
  due: string | null;
  late: boolean;
  instructions: {
    level: number;
    text: string;
    leader: string;
    instructed_at: string | null;
    at: string;
    by: string;
  }[];
  feedback: { at: string; unit_code: string; by: string; text: string; is_reply: boolean }[];
  discharge: { at: string; by: string; ground: string } | null;
}

export interface DailyLine {
  ticket_number: string;
  ticket_title: string;
  band: string;
  unit_code: string;
  unit_name: string;
  concern: Concern;
  from: string;
  due: string;
  late: boolean;
  supervised: number | null;
}

export interface FieldAudit {
  id: number;
  ticket_number: string;
  ticket_title: string;
  place: string;
  unit_name: string | null;
  planned_on: string;
  auditor: string;
  drawn: boolean;
  planned_by: string;
  checked_on: string | null;
  result: AuditResult | null;
  finding: string;
  noted_by: string | null;
  attachments: Attachment[];
}

export interface LedgerFilter {
  state?: string;
  level?: number;
  unit?: string;
  from?: string;
  to?: string;
  overdue?: string;
  cursor?: string;
  limit?: number;
}

export interface LotForm {
  count: number;
  from: string;
  to: string;
  planned_on: string;
  auditor: string;
}

export interface FindingForm {
  checked_on: string;
  result: AuditResult;
  finding: string;
  attachments: string[];
}

export const ledger = {
  formAddress: (id: string) => address(`supervisions/${encodeURIComponent(id)}/form.pdf`),
  list: (filter: LedgerFilter) => http.load<Page<SupervisionEntry>>('supervisions', { ...filter }),
  exportAddress: (filter: LedgerFilter, format: 'csv' | 'xlsx') =>
    address('supervisions/export', { ...filter, format }),
  today: () => http.load<{ items: DailyLine[] }>('supervisions/daily'),
  todayAddress: (format: 'csv' | 'xlsx') => address('supervisions/daily/export', { format }),
};

export const fieldAudits = {
  list: (cursor?: string) => http.load<Page<FieldAudit>>('field-audits', { cursor }),
  plan: (form: { ticket_number: string; planned_on: string; auditor: string }) =>
    http.post<FieldAudit>('field-audits', form),
  draw: (form: LotForm) => http.post<{ candidates: number; items: FieldAudit[] }>('field-audits/draw', form),
  note: (id: number, form: FindingForm) => http.post<FieldAudit>(`field-audits/${id}/result`, form),
};
