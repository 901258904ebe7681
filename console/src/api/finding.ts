import type { Role, TicketSummary } from './types';

export interface TicketFilter {
  /** Several, parted by commas; so are bands, kinds and sources. */
  state?: string;
  q?: string;
  from?: string;
  to?: string;
  class?: string;
  unit?: string;
  caller?: string;
  operator?: string;
  band?: string;
  kind?: string;
  source?: string;
  due?: string;
  sort?: string;
  cursor?: string;
  limit?: number;
}

/** Where the search found a ticket. */
export interface Hit {
  field: string;
  before: string;
  hit: string;
  after: string;
}

export interface TicketHit extends TicketSummary {
  due?: string | null;
  hit?: Hit | null;
}

export interface SavedView {
  id: number;
  name: string;
  query: Record<string, string>;
  role: Role | null;
  own: boolean;
}

export interface BulkResult {
  number: string;
  outcome: 'dispatched' | 'unchanged' | 'refused';
  state: string | null;
  detail: string | null;
}
