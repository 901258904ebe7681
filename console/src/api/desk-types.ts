// The wire types of the hall's big screen.
import type { OperatorState, TicketState } from './types';

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
