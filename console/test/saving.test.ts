import { describe, expect, it } from 'vitest';
import { useSaving } from '@/state/saving';

/** A daemon that answers when it is told to. */
function daemon() {
  const asked: string[] = [];
  let answer: { take: () => void; refuse: (error: Error) => void } | undefined;
  const send = (what: string) =>
    new Promise<void>((take, refuse) => {
      asked.push(what);
      answer = { take, refuse };
    });
  return { asked, send, take: () => answer?.take(), refuse: (error: Error) => answer?.refuse(error) };
}

describe('what is saved', () => {
  it('is sent once by a double click, and again when it is pressed after the answer', async () => {
    const { asked, send, take } = daemon();
    const { busy, save } = useSaving(send);
    const both = [save('first'), save('second')];
    expect([asked, busy.value]).toEqual([['first'], true]);
    take();
    await Promise.all(both);
    expect(busy.value).toBe(false);
    const third = save('third');
    take();
    await third;
    expect(asked).toEqual(['first', 'third']);
  });

  it('may be sent again after a refusal, which is gone as soon as it is', async () => {
    const { send, take, refuse } = daemon();
    const told: unknown[] = [];
    const { busy, fault, save } = useSaving(send, (error) => told.push(error));
    const refused = save('wrong');
    refuse(new Error('no'));
    await refused;
    expect([busy.value, fault.value, told]).toEqual([false, new Error('no'), [new Error('no')]]);
    const taken = save('right');
    expect([busy.value, fault.value]).toEqual([true, null]);
    take();
    await taken;
    expect([busy.value, fault.value, told.length]).toEqual([false, null, 1]);
  });

  it('may be sent again when it could not even be asked for', async () => {
    const { busy, fault, save } = useSaving(() => {
      throw new Error('not a form');
    });
    await save();
    expect([busy.value, fault.value]).toEqual([false, new Error('not a form')]);
  });
});
