// Where a recording was paused: what the citizen said then is silence in the file. Pure.
import type { CallEvent } from '@/api/types';

export interface Pause {
  from: number;
  to: number;
}

function momentOf(event: CallEvent): number | null {
  const at = (event.detail as { at_ms?: unknown } | null)?.at_ms;
  return typeof at === 'number' ? at : null;
}

/** A pause that nobody ended lasts to the end of the recording. */
export function pausesOf(events: readonly CallEvent[], length: number): Pause[] {
  const pauses: Pause[] = [];
  let from: number | null = null;
  for (const event of events) {
    const at = momentOf(event);
    if (at === null) continue;
    if (event.kind === 'recording_paused') from ??= at;
    if (event.kind !== 'recording_resumed' || from === null) continue;
    pauses.push({ from, to: at });
    from = null;
  }
  if (from !== null && from < length) pauses.push({ from, to: length });
  return pauses.filter((pause) => pause.to > pause.from);
}
