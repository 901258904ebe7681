// The softphone's one connection to the daemon for a whole shift: when to make it, when to make it again, when to give it up.
// Knows neither the browser's media nor any page; both are its ports.

export type LineState = 'off' | 'connecting' | 'connected' | 'lost' | 'replaced';

export interface Peer {
  /** The offer with its candidates. */
  offer(): Promise<string>;
  accept(answer: string): Promise<void>;
  close(): void;
}

export interface PeerEvents {
  connected(): void;
  lost(): void;
}

export interface LinePorts {
  peer(events: PeerEvents): Promise<Peer>;
  register(sdp: string): Promise<{ sdp: string; line: string }>;
  release(): Promise<void>;
  told(state: LineState, error: unknown): void;
  later(act: () => void, ms: number): () => void;
  /** Whether trying again can help: a refused microphone stays refused. */
  isFinal(error: unknown): boolean;
}

// The daemon keeps a call without its browser for ten seconds: the first attempts come quickly.
const pauses = [0, 250, 500, 1000, 2000, 4000];

export class Line {
  state: LineState = 'off';
  /** Whether packets flowed since the person asked for the line: one that never came up has lost nobody. */
  wasUp = false;
  private current: Peer | null = null;
  // Counts the connections made: what an older one still reports is not heard.
  private generation = 0;
  private failures = 0;
  private cancelRetry: () => void = () => undefined;
  // The daemon's name of this connection: news of another one of the same person is not ours.
  private name: string | null = null;

  constructor(private readonly ports: LinePorts) {}

  /** Connects, also where another desk has the line: this one takes it over. */
  async open(): Promise<void> {
    if (this.state === 'connecting' || this.state === 'connected') return;
    this.failures = 0;
    this.wasUp = false;
    await this.connect();
  }

  async close(): Promise<void> {
    const had = this.state !== 'off' && this.state !== 'replaced';
    this.drop();
    this.become('off');
    if (had) await this.ports.release();
  }

  /** What the daemon says of a line of this person; whether it is this one. */
  heard(line: string, state: 'connected' | 'lost' | 'replaced' | 'silent' | 'closed'): boolean {
    if (line !== this.name) return false;
    if (state === 'replaced') this.giveUp('replaced');
    else if (state === 'closed' || state === 'silent') this.giveUp('off');
    else if (state === 'lost' && this.state === 'connected') this.fail(null);
    return true;
  }

  /** The daemon does not know this line, or the network is back: waiting longer helps nobody. */
  async again(): Promise<void> {
    if (this.state === 'lost') await this.connect();
    else if (this.state === 'connected') this.fail(null);
  }

  /** Another tab of this browser took the line. */
  yield(): void {
    if (this.state !== 'off') this.giveUp('replaced');
  }

  private giveUp(state: LineState): void {
    this.drop();
    this.become(state);
  }

  private drop(): void {
    this.generation += 1;
    this.cancelRetry();
    this.current?.close();
    this.current = null;
    this.name = null;
  }

  private become(state: LineState, error: unknown = null): void {
    this.state = state;
    this.ports.told(state, error);
  }

  private async connect(): Promise<void> {
    this.drop();
    const mine = this.generation;
    this.become('connecting');
    try {
      await this.negotiate(mine);
    } catch (error) {
      if (mine === this.generation) this.fail(error);
    }
  }

  private async negotiate(mine: number): Promise<void> {
    const peer = await this.ports.peer({
      connected: () => mine === this.generation && this.connected(),
      lost: () => mine === this.generation && this.fail(null),
    });
    if (mine !== this.generation) return peer.close();
    this.current = peer;
    const answer = await this.ports.register(await peer.offer());
    if (mine !== this.generation) return;
    this.name = answer.line;
    await peer.accept(answer.sdp);
  }

  private connected(): void {
    this.failures = 0;
    this.wasUp = true;
    this.become('connected');
  }

  private fail(error: unknown): void {
    this.drop();
    if (error !== null && this.ports.isFinal(error)) return this.become('off', error);
    const pause = pauses[Math.min(this.failures, pauses.length - 1)] ?? 0;
    this.failures += 1;
    this.become('lost', error);
    this.cancelRetry = this.ports.later(() => void this.connect(), pause);
  }
}
