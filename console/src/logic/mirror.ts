// A copy of what is typed and not yet kept, in the browser's memory of this tab: a crash or a reload loses none of it.

export interface Copy<F extends object> {
  version: number;
  edits: Partial<F>;
}

type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

export class Mirror<F extends object> {
  /** `key` names the person and what is written on: nobody gets another person's words. */
  constructor(
    private readonly store: Store,
    private readonly key: string,
  ) {}

  put(edits: Partial<F>, version: number): void {
    if (Object.keys(edits).length === 0) return this.store.removeItem(this.key);
    try {
      this.store.setItem(this.key, JSON.stringify({ version, edits }));
    } catch {
      // A full store: saving goes on without its copy.
    }
  }

  /** What was left behind, where it says anything else than what is kept. */
  left(kept: F): Copy<F> | null {
    const copy = this.read();
    if (!copy) return null;
    const edits = Object.fromEntries(
      Object.entries(copy.edits).filter(([field, value]) => kept[field as keyof F] !== value),
    ) as Partial<F>;
    if (Object.keys(edits).length > 0) return { version: copy.version, edits };
    this.store.removeItem(this.key);
    return null;
  }

  forget(): void {
    this.store.removeItem(this.key);
  }

  private read(): Copy<F> | null {
    try {
      return JSON.parse(this.store.getItem(this.key) ?? 'null') as Copy<F> | null;
    } catch {
      return null;
    }
  }
}

const PREFIX = 'minsheng.edits.';
export const mirrorKey = (username: string, ticket: string): string => `${PREFIX}${username}.${ticket}`;

/** Whoever signs out leaves no citizen's words behind. */
export function forgetAll(store: Storage): void {
  for (const key of Object.keys(store)) if (key.startsWith(PREFIX)) store.removeItem(key);
}
