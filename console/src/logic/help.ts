// Which cries for help are still open, when a supervisor's page is new and heard none of them. Pure.
import type { HelpWanted, Message, Operator } from '@/api/types';

// One that came from no call says nothing of its end: it is old by then.
const FRESH_MS = 10 * 60_000;

type Seen = Readonly<Record<string, string>>;

/** Those whose operator still is in the call from which she asked; the newest of each, unless it was seen. */
export function stillWanted(
  messages: readonly Message[],
  operators: readonly Operator[],
  seen: Seen,
  now: number,
): HelpWanted[] {
  const inCall = new Map(operators.map((one) => [one.username, one.call_id]));
  const newest = new Map<string, Message>();
  for (const one of messages) {
    if (one.kind !== 'help') continue;
    if (Date.parse(one.at) > Date.parse(newest.get(one.from)?.at ?? '1970-01-01T00:00:00Z'))
      newest.set(one.from, one);
  }
  const lasts = (one: Message) =>
    one.call_id ? inCall.get(one.from) === one.call_id : now - Date.parse(one.at) < FRESH_MS;
  return [...newest.values()]
    .filter((one) => lasts(one) && !isSeen(seen, one.from, one.at))
    .map((one) => ({ operator: one.from, display_name: one.from_name, call_id: one.call_id, at: one.at }));
}

function isSeen(seen: Seen, operator: string, at: string): boolean {
  const until = seen[operator];
  return until !== undefined && Date.parse(at) <= Date.parse(until);
}
