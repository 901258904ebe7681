// Calls that nobody answered and that are owed a call back.
import { http } from './http';

export interface MissedCall {
  id: number;
  number: string;
  first_at: string;
  last_at: string;
  last_call_id: string;
  calls: number;
  due_at: string;
  is_overdue: boolean;
  attempts: number;
  last_attempt_at: string | null;
  last_outcome: string | null;
  settled_at: string | null;
  settled_as: string | null;
  settled_by: string | null;
  settled_call_id: string | null;
  note: string | null;
  kept_from: string | null;
}

export interface MissedCalls {
  items: MissedCall[];
  open: number;
  overdue: number;
  today: number;
  today_in_time: number;
  limit_seconds: number;
  attempts: number;
}

export interface CallbackRate {
  missed: number;
  in_time: number;
  late: number;
  reached: number;
  came_again: number;
  unreachable: number;
  by_hand: number;
  open: number;
  median_wait_seconds: number | null;
}

export interface CallbackRates {
  all: CallbackRate;
  days: (CallbackRate & { day: string })[];
}

export const missed = {
  list: (settled: boolean) =>
    http.load<MissedCalls>('missed-calls', { settled: String(settled), limit: 200 }),
  rate: (span: { from?: string; to?: string }) => http.load<CallbackRates>('missed-calls/rate', { ...span }),
  settle: (id: number, note: string) => http.post(`missed-calls/${id}/settle`, { note }),
};
