import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Autosave, type SaveState } from '@/logic/autosave';

interface Fields {
  title: string;
  content: string;
}

class Stale extends Error {}
class Refused extends Error {}

function setUp(save: (changes: Partial<Fields>, version: number) => Promise<number>) {
  const states: SaveState[] = [];
  const saved = vi.fn(save);
  const copies: [Partial<Fields>, number][] = [];
  const autosave = new Autosave<Fields>(
    {
      save: saved,
      isStale: (e) => e instanceof Stale,
      isFinal: (e) => e instanceof Refused,
      mirror: (edits, version) => copies.push([edits, version]),
      told: (state) => states.push(state),
    },
    7,
  );
  return { autosave, saved, states, copies };
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
    const { autosave, saved, states } = setUp(() => Promise.reject(new Stale()));
    autosave.change({ title: '停水' });
    await expect(autosave.flush()).rejects.toThrow(Stale);
    expect([states.at(-1), autosave.edits]).toEqual(['stale', { title: '停水' }]);
    await vi.runAllTimersAsync();
    expect(saved).toHaveBeenCalledTimes(1);
  });

  it('lets a newer edit of a field win over one whose save failed', async () => {
    let refuse: (error: Error) => void = () => undefined;
    const { autosave, states } = setUp(() => new Promise((_, no) => (refuse = no)));
    autosave.change({ title: '旧' });
    const first = autosave.flush();
    autosave.change({ title: '新' });
    refuse(new Error('offline'));
    await expect(first).rejects.toThrow('offline');
    expect([states.at(-1), autosave.edits]).toEqual(['failed', { title: '新' }]);
  });

  it('tries again with growing pauses until it is kept, whoever waited for it', async () => {
    let online = false;
    const { autosave, saved, states } = setUp((_, version) =>
      online ? Promise.resolve(version + 1) : Promise.reject(new Error('offline')),
    );
    autosave.change({ title: '停水' });
    await expect(autosave.flush()).rejects.toThrow('offline');
    await vi.advanceTimersByTimeAsync(2000);
    expect(saved).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(4999);
    expect(saved).toHaveBeenCalledTimes(2);
    online = true;
    await vi.advanceTimersByTimeAsync(1);
    expect([saved.mock.calls.length, states.at(-1), autosave.dirty]).toEqual([3, 'saved', false]);
  });

  it('does not wait out its pause when the daemon is back', async () => {
    let online = false;
    const { autosave, saved } = setUp(() =>
      online ? Promise.resolve(8) : Promise.reject(new Error('offline')),
    );
    autosave.again();
    expect(saved).not.toHaveBeenCalled();
    autosave.change({ title: '停水' });
    await expect(autosave.flush()).rejects.toThrow('offline');
    online = true;
    autosave.again();
    await vi.advanceTimersByTimeAsync(0);
    expect([saved.mock.calls.length, autosave.dirty]).toEqual([2, false]);
  });

  it('does not insist on what the daemon refused for good, nor after it was stopped', async () => {
    const refused = setUp(() => Promise.reject(new Refused()));
    refused.autosave.change({ title: '停水' });
    await vi.advanceTimersByTimeAsync(120_000);
    expect([refused.saved.mock.calls.length, refused.states.at(-1)]).toEqual([1, 'failed']);
    const stopped = setUp(() => Promise.reject(new Error('offline')));
    stopped.autosave.change({ title: '停水' });
    await expect(stopped.autosave.flush()).rejects.toThrow('offline');
    stopped.autosave.stop();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(stopped.saved).toHaveBeenCalledTimes(1);
  });

  it('shows what is not yet kept to its mirror, and nothing once it is', async () => {
    const { autosave, copies } = setUp((_, version) => Promise.resolve(version + 1));
    autosave.change({ title: '停水' });
    autosave.change({ content: '三天' });
    await vi.runAllTimersAsync();
    expect(copies).toEqual([
      [{ title: '停水' }, 7],
      [{ title: '停水', content: '三天' }, 7],
      [{}, 8],
    ]);
  });
});
