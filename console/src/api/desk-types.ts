// The wire types of the operator's desk, of supervision and of the hall's big screen.
import type { Call, MenuStep, OperatorState, Segment, Ticket, TicketState } from './types';

export type LineNews = 'connected' | 'lost' | 'replaced' | 'closed';
export type PauseReason = 'rest' | 'meal' | 'training' | 'meeting' | 'other';
export type CallAction =
  | 'answer'
  | 'decline'
  | 'hold'
  | 'resume'
  | 'hangup'
  | 'transfer/complete'
  | 'transfer/cancel'
  | 'conference'
  | 'recording/pause'
  | 'recording/resume'
  | 'help';
export type TransferTarget = { operator: string } | { queue: string } | { number: string };
export type EmergencyService = '110' | '119' | '120' | '122';
export type TieKind = 'enquiry' | 'addition';
export type MonitorMode = 'listen' | 'whisper' | 'barge';

export interface Consult {
  party: string;
  kind: 'operator' | 'number';
  state: 'ringing' | 'talking' | 'three_way';
}

export interface ShiftTotals {
  calls: number;
  talk_seconds: number;
  paused_seconds: number;
  ready_seconds: number;
}

export interface Desk {
  state: OperatorState;
  since: string | null;
  line: 'none' | 'connected' | 'lost';
  call: Call | null;
  ticket: Ticket | null;
  /** Numbers of all tickets of the call: its own, then those for further demands. */
  tickets: string[];
  consult: Consult | null;
  held: boolean;
  recording_paused: boolean;
  /** The call that this supervisor listens to. */
  monitoring: { call_id: string; mode: MonitorMode } | null;
  totals: ShiftTotals;
}

export interface TicketLine {
  number: string;
  title: string;
  state: TicketState;
  kind: string;
  band: string;
  place: string;
  opened_at: string;
}

export interface CallContext {
  number: string;
  display: string | null;
  home_area: string | null;
  number_kind: 'mobile' | 'landline' | 'government' | 'hidden' | 'unknown';
  name: string;
  address: string;
  repeat_caller: boolean;
  calls_30d: number;
  sensitive: string[];
  menu_path: MenuStep[];
  waited_ms: number;
  recent_calls: Call[];
  open_tickets: TicketLine[];
  recent_tickets: TicketLine[];
}

export interface LiveSegment extends Segment {
  /** Until then the words may still change. */
  final: boolean;
}

export interface LiveTranscript {
  /** behind: something was left out to catch up; waiting: too many calls at once */
  state: 'live' | 'behind' | 'waiting' | 'ended' | 'none';
  segments: LiveSegment[];
}

export interface Article {
  id: number;
  title: string;
  body: string;
  class_code: string | null;
  owner_unit: string | null;
  valid_from: string | null;
  valid_until: string | null;
  version: number;
  expired: boolean;
  reply_template: string;
  updated_at: string;
  updated_by: string;
}

/** What a person writes of an article. */
export type ArticleDraft = Pick<
  Article,
  'title' | 'body' | 'class_code' | 'owner_unit' | 'valid_from' | 'valid_until' | 'reply_template'
>;

export interface Message {
  id: number;
  at: string;
  kind: 'message' | 'help';
  from: string;
  from_name: string;
  to: string | null;
  call_id: string | null;
  text: string;
}

export interface HelpWanted {
  operator: string;
  display_name: string;
  call_id: string | null;
  at: string;
}

export interface Monitoring {
  username: string;
  call_id: string;
  mode: MonitorMode | 'takeover';
  from: string;
  until: string | null;
}

export interface Wallboard {
  at: string;
  waiting: number;
  longest_wait_ms: number;
  answered_15s_rate: number | null;
  answered_20s_rate: number | null;
  offered: number;
  answered: number;
  abandoned: number;
  operators: Record<OperatorState, number>;
  hours: { hour: number; offered: number; answered: number }[];
  urgent: { number: string; title: string; band: string; state: TicketState; opened_at: string }[];
}
