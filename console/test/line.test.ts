import { describe, expect, it } from 'vitest';
import { Line, type LinePorts, type LineState, type PeerEvents } from '@/desk/line';

class Refused extends Error {}

/** The browser and the daemon as one scripted world: each offer is registered, each peer can be told it is up or down. */
function world() {
  const states: LineState[] = [];
  const peers: { events: PeerEvents; closed: boolean }[] = [];
  const due: { act: () => void; ms: number; on: boolean }[] = [];
  let answer = () => Promise.resolve({ sdp: 'answer', line: `line${peers.length}` });
  let released = 0;
  const ports: LinePorts = {
    peer(events) {
      const peer = { events, closed: false };
      peers.push(peer);
      return Promise.resolve({
        offer: () => Promise.resolve('offer'),
        accept: () => Promise.resolve(),
        close: () => void (peer.closed = true),
      });
    },
    register: () => answer(),
    release: () => Promise.resolve(void (released += 1)),
    told: (state) => states.push(state),
    later(act, ms) {
      const entry = { act, ms, on: true };
      due.push(entry);
      return () => void (entry.on = false);
    },
    isFinal: (error) => error instanceof Refused,
  };
  const settle = async () => {
    for (let i = 0; i < 20; i += 1) await Promise.resolve();
  };
  /** Lets the pending retry happen; tells how long it was put off. */
  const elapse = async (): Promise<number | undefined> => {
    const next = due.filter((entry) => entry.on).at(-1);
    if (!next) return undefined;
    next.on = false;
    next.act();
    await settle();
    return next.ms;
  };
  return {
    line: new Line(ports),
    states,
    peers,
    released: () => released,
    answers: (next: typeof answer) => (answer = next),
    up: () => peers.at(-1)?.events.connected(),
    down: () => peers.at(-1)?.events.lost(),
    settle,
    elapse,
  };
}

async function connected() {
  const all = world();
  await all.line.open();
  all.up();
  return all;
}

describe('the softphone line', () => {
  it('is connected when its packets flow, not when the daemon answered', async () => {
    const { line, up, states } = world();
    await line.open();
    expect(line.state).toBe('connecting');
    up();
    expect(states).toEqual(['connecting', 'connected']);
  });

  it('knows a line that never came up from one that was lost', async () => {
    const all = world();
    await all.line.open();
    all.down();
    await all.elapse();
    expect(all.line.wasUp).toBe(false);
    all.up();
    all.down();
    await all.elapse();
    expect(all.line.wasUp).toBe(true);
    await all.line.close();
    await all.line.open();
    expect(all.line.wasUp).toBe(false);
  });

  it('is made anew at once when it is lost, then with growing pauses', async () => {
    const all = await connected();
    all.answers(() => Promise.reject(new Error('offline')));
    all.down();
    expect(all.line.state).toBe('lost');
    const pauses = [];
    for (let i = 0; i < 7; i += 1) pauses.push(await all.elapse());
    expect(pauses).toEqual([0, 250, 500, 1000, 2000, 4000, 4000]);
    expect(all.peers.every((peer) => peer.closed)).toBe(true);
  });

  it('counts its pauses from the beginning after a success', async () => {
    const all = await connected();
    all.down();
    await all.elapse();
    all.up();
    all.down();
    expect(await all.elapse()).toBe(0);
  });

  it('does not insist when the microphone is refused', async () => {
    const all = world();
    all.answers(() => Promise.reject(new Refused()));
    await all.line.open();
    expect([all.line.state, await all.elapse()]).toEqual(['off', undefined]);
  });

  it('gives way to another desk and does not come back by itself', async () => {
    const all = await connected();
    all.line.heard('line1', 'replaced');
    expect([all.line.state, all.peers[0]?.closed, await all.elapse()]).toEqual(['replaced', true, undefined]);
    await all.line.close();
    expect(all.released()).toBe(0);
  });

  it('takes the line over and does not mind that the daemon calls the other one replaced', async () => {
    const all = world();
    all.answers(() => {
      all.line.heard('line-of-the-other', 'replaced');
      return Promise.resolve({ sdp: 'answer', line: 'mine' });
    });
    await all.line.open();
    all.up();
    all.line.heard('line-of-the-other', 'replaced');
    expect(all.line.state).toBe('connected');
    all.line.heard('mine', 'replaced');
    expect(all.line.state).toBe('replaced');
  });

  it('is made anew when the daemon no longer hears it, and off when the daemon closed it', async () => {
    const lost = await connected();
    lost.line.heard('line1', 'lost');
    expect([lost.line.state, await lost.elapse()]).toEqual(['lost', 0]);
    const closed = await connected();
    closed.line.heard('line1', 'closed');
    expect([closed.line.state, await closed.elapse()]).toEqual(['off', undefined]);
  });

  it('is off, and stays so, when the daemon never heard its microphone', async () => {
    const { line, elapse } = await connected();
    expect(line.heard('line-of-the-other', 'silent')).toBe(false);
    expect(line.state).toBe('connected');
    expect(line.heard('line1', 'silent')).toBe(true);
    expect([line.state, await elapse()]).toEqual(['off', undefined]);
  });

  it('hears nothing from a connection it has given up', async () => {
    const all = await connected();
    const old = all.peers[0];
    all.down();
    await all.elapse();
    all.up();
    old?.events.lost();
    expect(all.line.state).toBe('connected');
  });

  it('is released at the daemon when the person leaves', async () => {
    const all = await connected();
    await all.line.close();
    expect([all.line.state, all.released(), all.peers[0]?.closed]).toEqual(['off', 1, true]);
  });

  it('does not wait out its pause when the network is back', async () => {
    const all = await connected();
    all.answers(() => Promise.reject(new Error('offline')));
    all.down();
    await all.elapse();
    all.answers(() => Promise.resolve({ sdp: 'answer', line: 'new' }));
    await all.line.again();
    all.up();
    expect([all.line.state, await all.elapse()]).toEqual(['connected', undefined]);
  });
});
