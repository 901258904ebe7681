// What the live page knows, and how one piece of news changes it. Pure: no network, no clock.
import type { Call, NewsMap, Operator, Overview, QueueLive, Trunk } from '@/api/types';

export interface Live {
  overview: Overview | null;
  calls: Record<string, Call>;
  queues: Record<string, QueueLive>;
  operators: Record<string, Operator>;
  trunks: Record<string, Trunk>;
}

export type News = { [K in keyof NewsMap]: { kind: K; data: NewsMap[K] } }[keyof NewsMap];
export const newsKinds = [
  'call',
  'queue',
  'operator',
  'ticket',
  'inbox',
  'trunk',
  'desk',
  'desk.line',
  'desk.trial',
  'desk.taken',
  'desk.party',
  'help',
  'message',
  'missed',
  'dialer',
  'transcript.live',
  'notice',
] as const satisfies readonly (keyof NewsMap)[];

export const nothing = (): Live => ({ overview: null, calls: {}, queues: {}, operators: {}, trunks: {} });

function keyed<T>(items: readonly T[], key: (item: T) => string): Record<string, T> {
  return Object.fromEntries(items.map((item) => [key(item), item]));
}

export function snapshot(
  overview: Overview,
  calls: readonly Call[],
  queues: readonly QueueLive[],
  operators: readonly Operator[],
): Live {
  return {
    overview,
    calls: keyed(
      calls.filter((c) => c.state !== 'ended'),
      (c) => c.id,
    ),
    queues: keyed(queues, (q) => q.name),
    operators: keyed(operators, (o) => o.username),
    trunks: keyed(overview.trunks, (trunk) => trunk.name),
  };
}

function withCall(calls: Live['calls'], call: Call): Live['calls'] {
  if (call.state !== 'ended') return { ...calls, [call.id]: call };
  return Object.fromEntries(Object.entries(calls).filter(([id]) => id !== call.id));
}

export function apply(live: Live, news: News): Live {
  switch (news.kind) {
    case 'call':
      return { ...live, calls: withCall(live.calls, news.data) };
    case 'queue':
      return { ...live, queues: { ...live.queues, [news.data.name]: news.data } };
    case 'operator':
      return { ...live, operators: { ...live.operators, [news.data.username]: news.data } };
    case 'trunk':
      return { ...live, trunks: { ...live.trunks, [news.data.name]: news.data } };
    default:
      return live;
  }
}

export function withOverview(live: Live, overview: Overview): Live {
  return { ...live, overview, trunks: keyed(overview.trunks, (trunk) => trunk.name) };
}

export function countWaiting(live: Live): number {
  return Object.values(live.queues).reduce((sum, q) => sum + q.waiting.length, 0);
}

export function longestSince(queue: Pick<QueueLive, 'waiting'>): string | null {
  return queue.waiting.reduce<string | null>(
    (oldest, w) => (oldest === null || Date.parse(w.since) < Date.parse(oldest) ? w.since : oldest),
    null,
  );
}
