import type { CallState, OperatorState, ReplyOutcome, TicketState } from '@/api/types';

export type Tone = 'primary' | 'success' | 'warning' | 'danger' | 'info';

export const ticketStates: readonly TicketState[] = [
  'draft',
  'pending',
  'supplement',
  'accepted',
  'direct',
  'dispatched',
  'handling',
  'returned',
  'disputed',
  'replied',
  'callback',
  'judging',
  'redo',
  'suspended',
  'closed',
  'filed',
  'rejected',
  'transferred',
  'void',
];

export const bands: readonly string[] = ['S', 'A', 'B', 'C', 'D', 'E', 'F', 'G'];
export const kinds: readonly string[] = ['咨询', '求助', '投诉', '举报', '建议', '表扬', '报修'];
export const replyOutcomes: readonly ReplyOutcome[] = ['solved', 'explained', 'planned', 'untrue', 'beyond'];

const ticketTones: Record<TicketState, Tone> = {
  draft: 'info',
  pending: 'warning',
  supplement: 'info',
  accepted: 'primary',
  direct: 'primary',
  dispatched: 'primary',
  handling: 'primary',
  returned: 'warning',
  disputed: 'danger',
  replied: 'warning',
  callback: 'warning',
  judging: 'danger',
  redo: 'danger',
  suspended: 'info',
  closed: 'success',
  filed: 'success',
  rejected: 'info',
  transferred: 'info',
  void: 'info',
};

const callTones: Record<CallState, Tone> = {
  menu: 'info',
  queued: 'warning',
  ringing: 'warning',
  talking: 'success',
  held: 'primary',
  dialing: 'primary',
  ended: 'info',
};

const operatorTones: Record<OperatorState, Tone> = {
  offline: 'info',
  ready: 'success',
  ringing: 'warning',
  talking: 'primary',
  wrap_up: 'primary',
  paused: 'danger',
};

export const ticketTone = (state: string): Tone => ticketTones[state as TicketState] ?? 'info';
export const callTone = (state: string): Tone => callTones[state as CallState] ?? 'info';
export const operatorTone = (state: string): Tone => operatorTones[state as OperatorState] ?? 'info';

/** The order in which operators are listed: those at work first. */
export const operatorOrder: readonly OperatorState[] = [
  'ringing',
  'talking',
  'wrap_up',
  'ready',
  'paused',
  'offline',
];

export function bandTone(band: string): Tone {
  if (band === 'S') return 'danger';
  return band === 'A' || band === 'B' ? 'warning' : 'info';
}

const goodTrunk = new Set(['registered', 'up', 'ok', 'reachable']);
const waitingTrunk = new Set(['registering', 'unknown', 'connecting']);

export function trunkTone(state: string): Tone {
  if (goodTrunk.has(state)) return 'success';
  return waitingTrunk.has(state) ? 'warning' : 'danger';
}
