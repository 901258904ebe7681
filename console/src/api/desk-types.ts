// The wire types of the operator's desk, of supervision and of the hall's big screen.
import type { Call, MenuStep, OperatorState, Segment, Ticket, TicketState } from './types';

export type LineNews = 'connected' | 'lost' | 'replaced' | 'silent' | 'closed';
export type PauseReason = 'rest' | 'meal' | 'training' | 'meeting' | 'other';
export type CallAction =
  | 'answer'
  | 'decline'
  | 'hold'
  | 'resume'
  | 'hangup'
  | 'transfer/complete'
  | 'transfer/cancel'
  | 'swap'
  | 'conference'
  | 'recording/pause'
  | 'recording/resume'
  | 'help';
export type TransferTarget = { operator: string } | { queue: string } | { number: string };
export type EmergencyService = '110' | '119' | '120' | '122';
export type TieKind = 'enquiry' | 'addition';
export type MonitorMode = 'listen' | 'whisper' | 'barge';

/** To whom keys go. */
export type KeysTo = 'citizen' | 'third';

export interface Consult {
  party: string;
  /** Of a number: whose telephone it is. */
  name: string | null;
  kind: 'operator' | 'number';
  /** waiting: it hears music, the operator is with the citizen. */
  state: 'ringing' | 'talking' | 'waiting' | 'three_way';
  /** This person is the third party, and `party` is who asks. */
  asked: boolean;
}

/** A telephone of somebody of a unit. */
export interface DeskPerson {
  unit_code: string;
  /** With its superiors. */
  unit: string;
  name: string;
  office: string;
  telephone: 'office' | 'mobile';
  shown: string;
  number: string;
  /** Today. */
  on_duty: boolean;
}

/** Whom she asked, or handed the citizen to, is gone without her doing. */
export interface PartyGone {
  call_id: string;
  party: string;
  name: string;
  outcome: string;
  /** They had talked. */
  answered: boolean;
  /** She is with the citizen again; else the citizen has gone on. */
  back: boolean;
}

export interface DeskSkill {
  skill: string;
  /** Titles of the queues whose callers it takes. */
  queues: string[];
  serves: boolean;
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
  /** Why she is paused. */
  reason: string | null;
  /** Why she pauses when the call in hand is over. */
  pause_after: string | null;
  shift_since: string | null;
  /** What she was given to serve, and what of it she serves. */
  skills: DeskSkill[];
  call: Call | null;
  ticket: Ticket | null;
  /** The ticket is another call's, to which this one was tied. */
  tied: boolean;
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

/** A screen of the hall with a token of its own. */
export interface WallScreen {
  id: string;
  name: string;
  created_by: string;
  created_at: string;
  seen_at: string | null;
}
