import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Autosave, type SaveState } from '@/logic/autosave';

interface Fields {
  title: string;
  content: string;
}

class Stale extends Error {}

function setUp(save: (changes: Partial<Fields>, version: number) => Promise<number>) {
  const states: SaveState[] = [];
  const saved = vi.fn(save);
  const autosave = new Autosave<Fields>(
    { save: saved, isStale: (e) => e instanceof Stale, told: (state) => states.push(state) },
    7,
  );
  return { autosave, saved, states };
}

describe('autosave', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('saves once, a moment after the last key, on the version it knows', async () => {
    const { autosave, saved, states } = setUp((_, version) => Promise.resolve(version + 1));
    autosave.change({ title: '停' });
    autosave.change({ title: '停水' });
    expect(saved).not.toHaveBeenCalled();
    await vi.runAllTimersAsync();
    expect(saved.mock.calls).toEqual([[{ title: '停水' }, 7]]);
    expect([autosave.version, autosave.dirty, states.at(-1)]).toEqual([8, false, 'saved']);
  });

  it('saves what was typed during a save next, on the version that save gave', async () => {
    let finish: (version: number) => void = () => undefined;
    const { autosave, saved } = setUp(() => new Promise((done) => (finish = done)));
    autosave.change({ title: '停水' });
    const first = autosave.flush();
    autosave.change({ content: '三天' });
    expect(autosave.edits).toEqual({ title: '停水', content: '三天' });
    finish(8);
    await first;
    const second = autosave.flush();
    await Promise.resolve();
    finish(9);
    await second;
    expect(saved.mock.calls).toEqual([
      [{ title: '停水' }, 7],
      [{ content: '三天' }, 8],
    ]);
  });

  it('keeps the edits when the version is stale, and says so', async () => {
    const { autosave, states } = setUp(() => Promise.reject(new Stale()));
    autosave.change({ title: '停水' });
    await autosave.flush();
    expect([states.at(-1), autosave.edits]).toEqual(['stale', { title: '停水' }]);
  });

  it('lets a newer edit of a field win over one whose save failed', async () => {
    let refuse: (error: Error) => void = () => undefined;
    const { autosave, states } = setUp(() => new Promise((_, no) => (refuse = no)));
    autosave.change({ title: '旧' });
    const first = autosave.flush();
    autosave.change({ title: '新' });
    refuse(new Error('offline'));
    await first;
    expect([states.at(-1), autosave.edits]).toEqual(['failed', { title: '新' }]);
  });
});
