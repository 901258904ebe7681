import { http } from './http';
import type { Page, TicketSummary } from './types';

/** One list of things to do, and how full it is. */
export interface Inbox {
  name: string;
  count: number;
  late: number;
}

export const inboxes = {
  all: () => http.load<Inbox[]>('inboxes'),
  rows: (inbox: string, cursor?: string) =>
    http.load<Page<TicketSummary>>('tickets', { inbox, cursor, limit: 50 }),
};
