// The wire types of /api/v1 as the console reads them. Times are RFC 3339 text, durations milliseconds.
import type { HelpWanted, PartyGone, LineNews, LiveSegment, Message } from './desk-types';

import type { TrialNews } from './flow-types';

export type * from './desk-types';

import type {
  Assignment,
  Privacy,
  TicketClock,
  TicketLife,
  TicketLimit,
  TicketNews,
  TimelineEntry,
} from './life';

import type { Attachment } from './attachments';
import type { Suggestion } from './fields';
export type { UnitSuggestion } from './dispatch';
export type * from './fields';
export type * from './life';

export type Role = 'admin' | 'operator' | 'supervisor' | 'dispatcher' | 'unit';

interface Person {
  username: string;
  display_name: string;
  role: Role;
  unit_code: string | null;
  extension: string | null;
}

/** Who is signed in. */
export interface User extends Person {
  unit_name?: string | null;
}

export interface Account extends Person {
  skills: string[];
  disabled?: boolean;
  outsourced?: boolean;
}

/** Whom the office knows by name. */
export type Colleague = Omit<Person, 'extension'> & { disabled: boolean };

export interface FieldError {
  field: string;
  message: string;
}

export interface ProblemDocument {
  type?: string;
  title?: string;
  status: number;
  /** What it is, in no language. */
  code?: string;
  detail?: string;
  errors?: FieldError[];
}

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export type CallState = 'menu' | 'queued' | 'ringing' | 'talking' | 'held' | 'dialing' | 'ended';
export type OperatorState = 'offline' | 'ready' | 'ringing' | 'talking' | 'wrap_up' | 'paused';
export type TranscriptState = 'none' | 'pending' | 'running' | 'done' | 'failed' | 'no_model';
export type Side = 'citizen' | 'office';

export interface MenuStep {
  at: string;
  node: string;
  /** What the flow calls it; none where it has no name. */
  title: string | null;
  key: string | null;
}

export interface Named {
  code: string;
  name: string;
}

export interface Recording {
  state: 'none' | 'recording' | 'complete' | 'failed' | 'deleted';
  duration_ms: number | null;
  /** Silence where the disk had no room for what was said. */
  missing_ms: number;
  sha256: string | null;
}

export interface Call {
  id: string;
  direction: 'inbound' | 'outbound';
  purpose: 'hotline' | 'survey';
  state: CallState;
  caller: string;
  caller_kind: string;
  caller_display: string | null;
  called: string;
  trunk: string | null;
  started_at: string;
  answered_at: string | null;
  ended_at: string | null;
  outcome: string | null;
  cause: string | null;
  ended_by: string | null;
  menu: string | null;
  menu_path: MenuStep[];
  queue: string | null;
  wait_ms: number | null;
  talk_ms: number | null;
  operator: { username: string; display_name: string } | null;
  ticket_number: string | null;
  recording: Recording | null;
  transcript_state: TranscriptState;
}

export interface Quality {
  [measure: string]: number | string | null;
}

export interface Leg {
  side: 'citizen' | 'operator';
  party: string;
  started_at: string;
  answered_at: string | null;
  ended_at: string | null;
  cause: string | null;
  status: number | null;
  quality: Quality | null;
}

export interface CallEvent {
  at: string;
  kind: string;
  detail: unknown;
}

export interface CallDetail extends Call {
  legs: Leg[];
  events: CallEvent[];
}

export interface Segment {
  side: Side;
  start_ms: number;
  end_ms: number;
  text: string;
}

export interface Transcript {
  state: TranscriptState;
  engine: string | null;
  error: string | null;
  segments: Segment[];
}

export type TicketState =
  | 'draft'
  | 'pending'
  | 'supplement'
  | 'accepted'
  | 'direct'
  | 'dispatched'
  | 'handling'
  | 'returned'
  | 'disputed'
  | 'replied'
  | 'callback'
  | 'judging'
  | 'redo'
  | 'suspended'
  | 'closed'
  | 'filed'
  | 'rejected'
  | 'transferred'
  | 'void';

export interface TicketClass {
  code: string;
  level1: string;
  level2: string | null;
  level3: string | null;
}

export interface TicketSummary extends Privacy {
  number: string;
  state: TicketState;
  title: string | null;
  kind: string | null;
  class: TicketClass | null;
  band: string | null;
  caller: string | null;
  caller_name: string | null;
  place: string | null;
  unit: Named | null;
  operator: string | null;
  source: 'call' | 'message' | 'manual';
  created_at: string;
  updated_at: string;
  version: number;
  /** Of the rows of an inbox: the clock that matters there. */
  clock?: TicketClock;
  /** When the machine sends it out. */
  dispatch_at?: string;
}

export interface Survey {
  state: 'scheduled' | 'dialing' | 'completed' | 'unreachable' | 'person' | 'by_person';
  next_at: string | null;
  attempts: { at: string; result: string; call_id: string | null }[];
  contacted: boolean | null;
  solved: boolean | null;
  satisfaction: number | null;
  remark: { call_id: string; from_ms: number; to_ms: number; text: string | null } | null;
}

export interface Ticket extends TicketSummary, TicketLife {
  content: string | null;
  contact_phone: string | null;
  /** When it happened, or since when. */
  happened: string;
  /** How many it concerns. */
  affected: string;
  suggestion: Suggestion | null;
  menu_path: MenuStep[];
  calls: Call[];
  history: { calls: Call[]; tickets: TicketSummary[] };
  assignments: Assignment[];
  survey: Survey | null;
  place_code: string | null;
  limits: TicketLimit[];
  timeline: TimelineEntry[];
  attachments: Attachment[];
  actions: string[];
}

export interface ClassNode {
  code: string;
  name: string;
  children?: ClassNode[];
}

export interface Unit extends Named {
  kind: string;
  phone: string;
}

export interface Operator {
  username: string;
  display_name: string;
  extension: string | null;
  skills: string[];
  state: OperatorState;
  reason: string | null;
  since: string | null;
  call_id: string | null;
}

export interface Overview {
  today: {
    calls: number;
    answered: number;
    abandoned: number;
    in_queue: number;
    talking: number;
    tickets_created: number;
    tickets_closed: number;
    surveys_completed: number;
    average_wait_ms: number | null;
    answer_rate: number | null;
  };
  trunks: Trunk[];
  speech: { state: 'ready' | 'no_model' | 'busy'; pending: number };
  operators: Record<OperatorState, number>;
  unreadable: import('./flow-types').UnreadableSetting[];
}

export interface Trunk {
  name: string;
  state: string;
}

export interface Waiting {
  call_id: string;
  caller: string;
  since: string;
  position: number;
  priority: number;
}

export interface QueueLive {
  name: string;
  title: string;
  waiting: Waiting[];
  operators: Pick<Operator, 'username' | 'display_name' | 'state' | 'since' | 'call_id'>[];
  longest_wait_ms: number;
}

export type { QueueSettings, QueueStrategy } from './queue-types';

export interface Versioned<T> {
  settings: T;
  version: number;
}

export interface VersionEntry {
  version: number;
  updated_at: string;
  updated_by: string;
}

export type NodeValue = string | number | boolean | string[] | Record<string, string>;
export interface MenuNode {
  type: string;
  [field: string]: NodeValue | undefined;
}

export interface MenuFlow {
  name?: string;
  title?: string;
  start: string;
  nodes: Record<string, MenuNode>;
  /** Where somebody put a node; the rest is placed by itself. */
  layout?: Record<string, Place>;
}

export interface Place {
  x: number;
  y: number;
}

export interface Menu {
  name: string;
  title: string;
  version: number;
  flow: MenuFlow;
  updated_at: string;
  updated_by: string;
}

export interface Line {
  number: string;
  menu: string;
}

export interface Lines {
  items: Line[];
  version: number;
}

export interface NewsMap extends TicketNews {
  call: Call;
  queue: QueueLive;
  operator: Operator;
  ticket: TicketSummary;
  trunk: Trunk;
  desk: unknown;
  'desk.line': { line: string; state: LineNews };
  'desk.trial': TrialNews;
  'desk.taken': { call_id: string; by: string; by_name: string };
  'desk.party': PartyGone;
  help: HelpWanted;
  message: Message;
  missed: unknown;
  dialer: unknown;
  'transcript.live': { call_id: string; segment: LiveSegment };
}
