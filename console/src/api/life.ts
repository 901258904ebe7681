import type { Named, TicketSummary } from './types';

export type ReplyOutcome = 'solved' | 'explained' | 'planned' | 'untrue' | 'beyond';

export interface Assignment {
  unit: Named;
  part: 'lead' | 'co' | 'sub';
  state: 'waiting' | 'handling' | 'leaving' | 'replied' | 'returned' | 'withdrawn';
  parent: string | null;
  basis: string;
  binding: boolean;
  signed_at: string | null;
  contacted_at: string | null;
  note: string | null;
  dispatched_at: string;
  dispatched_by: string;
  reply: {
    outcome: ReplyOutcome;
    text: string;
    public_text: string | null;
    basis: string;
    planned_for: string | null;
    at: string;
    by: string;
  } | null;
}

/** A running clock, as lists show it. */
export interface TicketClock {
  timer: string;
  title: string;
  limit: string;
  due: string | null;
  late: boolean;
  remaining_days: number;
  remaining_minutes: number;
  total_minutes: number;
}

export interface TicketLimit {
  timer: string;
  title: string;
  unit: Named | null;
  from: string;
  limit: string;
  due: string | null;
  original_due: string | null;
  late: boolean;
  remaining_days: number;
  remaining_minutes: number;
  total_minutes: number;
  days: { date: string; counted: boolean; why: string }[];
  warnings: string[];
}

/** How much of the citizen the daemon shows. */
export interface Privacy {
  confidential: boolean;
  sight: 'full' | 'masked' | 'hidden';
}

/** What became of a ticket beyond its assignments. */
export interface TicketLife {
  /** Who has the next step. */
  owner: { who: string; unit: Named | null };
  /** The same matter at the same place. */
  related: TicketSummary[];
  /** Where the machine sends it, and when, unless a person decides before. */
  planned_dispatch: { unit: Named; co_units: Named[]; ground: string; dispatch_at: string } | null;
  proposal: { what: string; reason: string; detail: string; at: string; by: string } | null;
  contacts: { at: string; number: string; result: string; note: string; unit_code: string; by: string }[];
  progress: { at: string; text: string; by: string }[];
  returns: {
    unit_code: string;
    reason: string;
    basis: string;
    suggested: Named | null;
    at: string;
    by: string;
    approved: boolean | null;
    ground: string;
  }[];
  dispute: {
    reason: string;
    at: string;
    meetings: { at: string; participants: string[]; minutes: string }[];
    decision: { unit: Named; basis: string; decision: string } | null;
  } | null;
  extensions: { limit: string; reason: string; at: string }[];
  resume_at: string | null;
  review: {
    passed: boolean;
    checklist: Record<string, boolean>;
    ground: string;
    at: string;
    by: string;
  } | null;
  /** What the citizen was told by SMS. */
  told: {
    at: string;
    text: string;
    state: 'waiting' | 'sending' | 'sent' | 'failed' | 'off';
    sent_at: string | null;
  }[];
  reply_check: { item: string; ok: boolean; note: string }[];
  rounds: number;
  supervision: {
    level: number;
    instruction: string;
    leader: string;
    form: 'card' | 'sheet';
    reason: string;
    instructed_at: string | null;
    at: string;
    by: string;
    discharged_at: string | null;
  } | null;
  /** Who may see the citizen of a confidential ticket. */
  confidentiality: { reason: string; named: string[]; at: string; by: string } | null;
  merged_into: string | null;
  merged: string[];
  excluded: string | null;
  /** What it was answered from, as it read then. */
  article: { id: number; title: string; version: number } | null;
  result: string | null;
}

/** What a coordination meeting once decided. */
export interface Precedent {
  number: string;
  at: string;
  class: Named | null;
  place: Named | null;
  unit: Named;
  basis: string;
  decision: string;
}

/** An entry of the duty catalogue. */
export interface Duty {
  class: string;
  area: string;
  unit: Named;
  co_units: Named[];
  basis: string;
  note: string;
  /** The last day on which it holds. */
  valid_until: string | null;
}

export interface TimelineEntry {
  seq: number;
  at: string;
  kind: string;
  actor: string;
  detail: unknown;
}

/** A reminder about a ticket's clock. */
export interface Notice {
  id: number;
  at: string;
  number: string;
  unit_code: string | null;
  timer: string;
  step: string;
  due: string;
  text: string;
}

export interface TicketNews {
  notice: Notice;
  /** Something was taken out of a unit's inboxes: nothing is said of what. */
  inbox: unknown;
}
