// Several tabs of one browser, one line: the tab that holds the lock has it, the next in turn gets it when that tab is closed.

const LOCK = 'minsheng.line';

/** Ends the holding when called. */
export type Release = () => void;

/**
 * Waits for its turn, or takes the lock from whoever holds it. `lost` is called when another tab takes it away.
 * Browsers without locks behave as if this were the only tab.
 */
export function holdLine(steal: boolean, granted: () => void, lost: () => void): Release {
  if (!('locks' in navigator)) {
    granted();
    return () => undefined;
  }
  const abort = new AbortController();
  let release: Release = () => abort.abort();
  const options: LockOptions = steal ? { steal: true } : { signal: abort.signal };
  navigator.locks
    .request(LOCK, options, () => {
      granted();
      return new Promise<void>((done) => (release = done));
    })
    .catch(() => {
      if (!abort.signal.aborted) lost();
    });
  return () => release();
}
