import { describe, expect, it } from 'vitest';
import { apply, countWaiting, longestSince, snapshot, withOverview } from '@/logic/live';
import { call, overview, queue } from './sample';

const start = () =>
  snapshot(
    overview(3),
    [call('a'), call('b', { state: 'ended' })],
    [queue('general', ['2026-11-22T09:00:05+08:00'])],
    [],
  );

describe('the live state', () => {
  it('starts from the calls that are in progress', () => {
    expect(Object.keys(start().calls)).toEqual(['a']);
    expect(start().trunks.carrier?.state).toBe('registered');
  });
  it('shows a new call, its changes, and lets it go when it ends', () => {
    let live = apply(start(), { kind: 'call', data: call('c', { state: 'menu' }) });
    live = apply(live, { kind: 'call', data: call('c', { state: 'queued' }) });
    expect(live.calls.c?.state).toBe('queued');
    live = apply(live, { kind: 'call', data: call('c', { state: 'ended' }) });
    expect(Object.keys(live.calls)).toEqual(['a']);
  });
  it('replaces a queue as a whole', () => {
    const live = apply(start(), { kind: 'queue', data: queue('general', []) });
    expect([countWaiting(start()), countWaiting(live)]).toEqual([1, 0]);
  });
  it('takes trunk states from the overview and from news of one trunk', () => {
    let live = apply(start(), { kind: 'trunk', data: { name: 'carrier', state: 'down' } });
    expect(live.trunks.carrier?.state).toBe('down');
    live = withOverview(live, overview(4));
    expect([live.trunks.carrier?.state, live.overview?.today.calls]).toEqual(['registered', 4]);
  });
  it('does not change the state it was given', () => {
    const before = start();
    apply(before, { kind: 'call', data: call('z') });
    expect(Object.keys(before.calls)).toEqual(['a']);
  });
  it('finds the caller who has waited longest, whatever the order of the list', () => {
    const waiting = ['2026-11-22T09:00:09+08:00', '2026-11-22T01:00:02Z', '2026-11-22T09:00:07+08:00'];
    expect(longestSince(queue('general', waiting))).toBe('2026-11-22T01:00:02Z');
    expect(longestSince(queue('general', []))).toBeNull();
  });
});
