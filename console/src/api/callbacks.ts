// Citizens whom a person is to call: what the machine could not settle.
import { http } from './http';
import type { Page, Survey, TicketSummary } from './types';

export interface CallbackRow {
  ticket: TicketSummary;
  contact_phone: string | null;
  why: 'not_surveyed' | 'handed_over' | 'dissatisfied';
  reason: string;
  survey: Survey | null;
  missed: number;
  last_called_at: string | null;
}

export const callbacks = {
  list: (cursor?: string) => http.load<Page<CallbackRow>>('callbacks', { cursor }),
};
