import { describe, expect, it } from 'vitest';
import { useCurrent, useLoad } from '@/state/load';

/** A server that answers when it is told to. */
function slow() {
  const waiting: ((what: string) => void)[] = [];
  const fetchIt = () => new Promise<string>((done) => waiting.push(done));
  const answer = async (what: string) => {
    waiting.shift()?.(what);
    // Everything that hangs on the answer runs before a task.
    await new Promise((done) => setTimeout(done));
  };
  return { waiting, fetchIt, answer };
}

describe('what is loaded again and again', () => {
  it('shows each answer of a burst of news, and asks once more for all that came meanwhile', async () => {
    const { waiting, fetchIt, answer } = slow();
    const desk = useCurrent(fetchIt);
    const first = desk.load();
    const later = [desk.load(), desk.load(), desk.load()];
    expect(waiting.length).toBe(1);
    await answer('ringing');
    await first;
    expect(desk.data.value).toBe('ringing');
    expect(waiting.length).toBe(1);
    await answer('talking');
    await Promise.all(later);
    expect(desk.data.value).toBe('talking');
    expect(waiting.length).toBe(0);
  });

  it('goes on after a failure', async () => {
    let up = false;
    const desk = useCurrent(() => (up ? Promise.resolve('ready') : Promise.reject(new Error('gone'))));
    await Promise.all([desk.load(), desk.load()]);
    expect([desk.data.value, desk.error.value]).toEqual([null, new Error('gone')]);
    up = true;
    await desk.load();
    expect([desk.data.value, desk.error.value]).toEqual(['ready', null]);
  });

  it('lets no answer to an older question replace that to a newer one', async () => {
    const { waiting, fetchIt } = slow();
    const page = useLoad(fetchIt);
    const both = [page.load(), page.load()];
    waiting[1]?.('new');
    waiting[0]?.('old');
    await Promise.all(both);
    expect(page.data.value).toBe('new');
  });
});
