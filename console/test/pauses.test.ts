import { describe, expect, it } from 'vitest';
import type { CallEvent } from '@/api/types';
import { pausesOf } from '@/logic/pauses';

const event = (kind: string, detail: unknown): CallEvent => ({
  at: '2026-11-22T09:00:00+08:00',
  kind,
  detail,
});
const paused = (at_ms: number) => event('recording_paused', { at_ms });
const resumed = (at_ms: number) => event('recording_resumed', { at_ms });

describe('the pauses of a recording', () => {
  it('are from each stop to its resumption, among whatever else happened', () => {
    const events = [
      event('answered', null),
      paused(1000),
      event('hold', {}),
      resumed(4000),
      paused(6000),
      resumed(7000),
    ];
    expect(pausesOf(events, 9000)).toEqual([
      { from: 1000, to: 4000 },
      { from: 6000, to: 7000 },
    ]);
  });
  it('last to the end where the call ended in one', () => {
    expect(pausesOf([paused(1000)], 9000)).toEqual([{ from: 1000, to: 9000 }]);
    expect(pausesOf([paused(9000)], 9000)).toEqual([]);
  });
  it('are none without their moments, or where nothing was paused', () => {
    expect(pausesOf([event('recording_paused', {}), resumed(5000)], 9000)).toEqual([]);
    expect(pausesOf([], 9000)).toEqual([]);
  });
});
