// Keeps what a person types: collects edits, saves them a moment after the last key, one save at a time,
// each with the version it was made on. A stale version is the caller's to resolve; edits are never dropped: what failed is
// tried again with growing pauses, unless the daemon refused it for good.

export type SaveState = 'clean' | 'unsaved' | 'saving' | 'saved' | 'stale' | 'failed';

export interface Saver<F extends object> {
  /** Resolves to the new version; rejects when not saved. */
  save: (changes: Partial<F>, version: number) => Promise<number>;
  isStale: (error: unknown) => boolean;
  /** Refused in a way that trying again does not change. */
  isFinal: (error: unknown) => boolean;
  /** What is typed and not yet kept, at every change of it: empty when all is kept. */
  mirror: (edits: Partial<F>, version: number) => void;
  told: (state: SaveState, error?: unknown) => void;
}

const PAUSE_MS = 800;
const retries = [2000, 5000, 10_000, 30_000];

export class Autosave<F extends object> {
  private pending: Partial<F> = {};
  private inFlight: Partial<F> = {};
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: Promise<void> | null = null;
  private failures = 0;
  private stopped = false;

  constructor(
    private readonly saver: Saver<F>,
    public version: number,
  ) {}

  get dirty(): boolean {
    return this.running !== null || Object.keys(this.pending).length > 0;
  }

  /** What was typed and not yet acknowledged, to be laid over a freshly loaded ticket. */
  get edits(): Partial<F> {
    return { ...this.inFlight, ...this.pending };
  }

  change(changes: Partial<F>): void {
    Object.assign(this.pending, changes);
    this.saver.told('unsaved');
    this.reflect();
    this.later(PAUSE_MS);
  }

  /** Saves at once; resolves when nothing is left to save, rejects when it could not be saved. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    if (this.running) await this.running;
    if (Object.keys(this.pending).length === 0) return;
    this.running = this.once();
    await this.running;
  }

  /** The daemon is back: what failed need not wait for its turn. */
  again(): void {
    if (this.failures > 0) this.quietly();
  }

  /** What is not kept by now is somebody else's to keep. */
  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private later(ms: number): void {
    clearTimeout(this.timer);
    if (this.stopped) return;
    this.timer = setTimeout(() => this.quietly(), ms);
  }

  /** A save that nobody waits for: what becomes of it is told, not thrown. */
  private quietly(): void {
    this.flush().catch(() => undefined);
  }

  private reflect(): void {
    this.saver.mirror(this.edits, this.version);
  }

  private async once(): Promise<void> {
    const changes = this.pending;
    this.inFlight = changes;
    this.pending = {};
    this.saver.told('saving');
    try {
      this.version = await this.saver.save(changes, this.version);
      this.settle();
      this.saver.told(Object.keys(this.pending).length > 0 ? 'unsaved' : 'saved');
    } catch (error) {
      this.pending = { ...changes, ...this.pending };
      this.fail(error);
      throw error;
    } finally {
      this.inFlight = {};
      this.running = null;
    }
  }

  private settle(): void {
    this.failures = 0;
    this.inFlight = {};
    this.reflect();
  }

  private fail(error: unknown): void {
    const stale = this.saver.isStale(error);
    if (!stale && !this.saver.isFinal(error)) {
      this.later(retries[Math.min(this.failures, retries.length - 1)] ?? 0);
      this.failures += 1;
    }
    this.saver.told(stale ? 'stale' : 'failed', error);
  }
}
