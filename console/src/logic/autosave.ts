// Keeps what a person types: collects edits, saves them a moment after the last key, one save at a time,
// each with the version it was made on. A stale version is the caller's to resolve; edits are never dropped.

export type SaveState = 'clean' | 'unsaved' | 'saving' | 'saved' | 'stale' | 'failed';

export interface Saver<F extends object> {
  /** Resolves to the new version; rejects when not saved. */
  save: (changes: Partial<F>, version: number) => Promise<number>;
  isStale: (error: unknown) => boolean;
  told: (state: SaveState, error?: unknown) => void;
}

const PAUSE_MS = 800;

export class Autosave<F extends object> {
  private pending: Partial<F> = {};
  private inFlight: Partial<F> = {};
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: Promise<void> | null = null;

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
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.flush(), PAUSE_MS);
  }

  /** Saves at once; resolves when nothing is left to save or a save was refused. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    if (this.running) await this.running;
    if (Object.keys(this.pending).length === 0) return;
    this.running = this.once();
    await this.running;
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private async once(): Promise<void> {
    const changes = this.pending;
    this.inFlight = changes;
    this.pending = {};
    this.saver.told('saving');
    try {
      this.version = await this.saver.save(changes, this.version);
      this.saver.told(Object.keys(this.pending).length > 0 ? 'unsaved' : 'saved');
    } catch (error) {
      this.pending = { ...changes, ...this.pending };
      this.saver.told(this.saver.isStale(error) ? 'stale' : 'failed', error);
    } finally {
      this.inFlight = {};
      this.running = null;
    }
  }
}
