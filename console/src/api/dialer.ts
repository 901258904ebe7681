// Calls that the hotline owes citizens, and the numbers that the machine does not call.
import { address, http } from './http';
import type { Page } from './types';

export interface DialerCount {
  purpose: string;
  word: string;
  count: number;
}

export interface DialerKind {
  purpose: string;
  paused: { reason: string; by: string; at: string } | null;
  waiting: number;
  due: number;
  dialling: number;
  next_due: string | null;
  why: string | null;
  schedule: string | null;
  hours: string[];
  permitted: boolean;
  opens_at: string | null;
  retry_seconds: number[];
  min_attempts: number;
  min_days: number;
}

export interface Dialer {
  today: DialerCount[];
  kinds: DialerKind[];
  room: number;
  at_once: number;
  under_way: number;
  channels: number | null;
  busy: number;
  kept: number;
  running: boolean;
}

export interface DialAttempt {
  n: number;
  at: string;
  call_id: string | null;
  fate: string | null;
  cause: string | null;
}

export interface DialOrder {
  id: number;
  purpose: string;
  number: string | null;
  ticket_number: string | null;
  state: string;
  next_at: string | null;
  why: string | null;
  created_at: string;
  done_at: string | null;
  result: string | null;
  note: string | null;
  attempts: DialAttempt[];
}

export interface OrderFilter {
  state: string;
  purpose: string;
  ticket: string;
  cursor?: string;
}

export interface MaskedContact {
  call_id: string;
  ticket_number: string;
  unit_name: string;
  name: string;
  at: string;
  result: string | null;
  talked_seconds: number | null;
}

export interface MaskedContacts extends Page<MaskedContact> {
  today: { word: string; count: number }[];
}

export interface DoNotCall {
  id: number;
  number: string;
  reason: string;
  until: string | null;
  holds: boolean;
  added_by: string;
  added_at: string;
}

export interface NumberImport {
  applied: boolean;
  added: number;
  changed: number;
  unchanged: number;
  changes: { what: 'added' | 'changed'; number: string; reason: string; until: string | null }[];
  faults: { row: number; column: string; message: string }[];
}

const part = encodeURIComponent;

export const dialer = {
  show: () => http.load<Dialer>('dialer'),
  orders: (filter: OrderFilter) => http.load<Page<DialOrder>>('dialer/orders', { ...filter }),
  contacts: (cursor?: string) => http.load<MaskedContacts>('masked-contacts', { cursor }),
  pause: (purpose: string, reason: string) => http.post(`dialer/kinds/${part(purpose)}/pause`, { reason }),
  resume: (purpose: string) => http.post(`dialer/kinds/${part(purpose)}/resume`),
  cancel: (id: number, reason: string) => http.post(`dialer/orders/${id}/cancel`, { reason }),
  retry: (id: number) => http.post(`dialer/orders/${id}/retry`),
};

export const numbers = {
  list: (q: string, cursor?: string) => http.load<Page<DoNotCall>>('do-not-call', { q, cursor }),
  add: (entry: { number: string; reason: string; until: string | null }) => http.post('do-not-call', entry),
  remove: (id: number) => http.remove(`do-not-call/${id}`),
  take: (file: File, apply: boolean) =>
    http.upload<NumberImport>('do-not-call/import', file, { apply: String(apply), name: file.name }),
  exportAddress: () => address('do-not-call/export'),
};
