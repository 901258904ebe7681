import type { LiveSegment, Segment } from '@/api/types';

// A listener still reads a sentence for a moment after it was spoken.
const LINGER_MS = 600;

/** The segment being spoken at `ms`: the one that began last when both sides talk at once; -1 in silence. */
export function segmentAt(segments: readonly Segment[], ms: number): number {
  let last = -1;
  let lingering = -1;
  for (let i = 0; i < segments.length; i += 1) {
    const s = segments[i] as Segment;
    if (s.start_ms > ms) break;
    if (ms < s.end_ms) last = i;
    else if (ms < s.end_ms + LINGER_MS) lingering = i;
  }
  return last >= 0 ? last : lingering;
}

export function inOrder<S extends Segment>(segments: readonly S[]): S[] {
  return [...segments].sort((a, b) => a.start_ms - b.start_ms || a.end_ms - b.end_ms);
}

/** A sentence that grows comes again under the same side and beginning; without words it is taken back. */
export function withSegment(segments: readonly LiveSegment[], segment: LiveSegment): LiveSegment[] {
  const others = segments.filter((one) => one.side !== segment.side || one.start_ms !== segment.start_ms);
  return segment.text ? [...others, segment] : others;
}
