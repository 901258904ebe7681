// What is written on a ticket, by a person or as a suggestion.
import type { Named, TicketClass } from './types';

export interface Suggestion {
  title: string | null;
  kind: string | null;
  class: TicketClass | null;
  band: string | null;
  urgency_words: { word: string; band: string }[];
  place: Named | null;
  happened: string;
  affected: string;
  unit: Named | null;
  unit_reason: string | null;
  words: { field: string; text: string; start_ms: number }[];
}

/** What `fill` may change; the names are the daemon's. */
export interface TicketFields {
  title: string;
  content: string;
  kind: string;
  class_code: string;
  band: string;
  place: string;
  place_code: string;
  happened: string;
  affected: string;
  caller_name: string;
  contact_phone: string;
}
