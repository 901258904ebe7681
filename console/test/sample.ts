import type { Call, Overview, QueueLive, Segment } from '@/api/types';

export function call(id: string, changes: Partial<Call> = {}): Call {
  return {
    id,
    direction: 'inbound',
    purpose: 'hotline',
    state: 'talking',
    caller: '13905340001',
    caller_kind: 'mobile',
    caller_display: null,
    called: '12345',
    trunk: 'carrier',
    started_at: '2026-11-22T09:00:00+08:00',
    answered_at: null,
    ended_at: null,
    outcome: null,
    cause: null,
    ended_by: null,
    menu: 'default',
    menu_path: [],
    queue: 'general',
    wait_ms: null,
    talk_ms: null,
    operator: null,
    ticket_number: null,
    recording: null,
    transcript_state: 'none',
    ...changes,
  };
}

export function queue(name: string, since: string[]): QueueLive {
  return {
    name,
    title: name,
    waiting: since.map((at, i) => ({
      call_id: `c${i}`,
      caller: '',
      since: at,
      position: i + 1,
      priority: 5,
    })),
    operators: [],
    longest_wait_ms: 0,
  };
}

export function overview(calls: number): Overview {
  return {
    today: {
      calls,
      answered: 0,
      abandoned: 0,
      in_queue: 0,
      talking: 0,
      tickets_created: 0,
      tickets_closed: 0,
      surveys_completed: 0,
      average_wait_ms: 0,
      answer_rate: null,
    },
    trunks: [{ name: 'carrier', state: 'registered' }],
    speech: { state: 'no_model', pending: 0 },
    operators: { offline: 0, ready: 0, ringing: 0, talking: 0, wrap_up: 0, paused: 0 },
    unreadable: [],
  };
}

export function segment(side: Segment['side'], start_ms: number, end_ms: number): Segment {
  return { side, start_ms, end_ms, text: `${side} ${start_ms}` };
}
