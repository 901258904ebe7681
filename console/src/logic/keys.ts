// Which key takes which step. Pure: pages draw from it, the keyboard obeys it.

const wanted: Record<string, string> = {
  fill: 'E',
  accept: 'A',
  ask: 'Q',
  supplement: 'U',
  direct: 'Z',
  reject: 'X',
  transfer: 'T',
  merge: 'M',
  dispatch: 'D',
  hold: 'H',
  sign: 'S',
  contact: 'C',
  progress: 'G',
  subdispatch: 'W',
  reply: 'R',
  return: 'T',
  extend: 'E',
  suspend: 'P',
  resume: 'P',
  approve_return: 'Y',
  reject_return: 'N',
  dispute: 'I',
  meet: 'M',
  decide: 'D',
  review: 'R',
  callback: 'C',
  judge: 'J',
  approve: 'Y',
  refuse: 'N',
  supervise: 'V',
  discharge: 'K',
  close: 'F',
  reopen: 'O',
  void: 'B',
};
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** A letter for each step on offer: the one people know it by, unless an earlier step has it. */
export function keysOf(actions: readonly string[]): Record<string, string> {
  const keys: Record<string, string> = {};
  const free = new Set(letters);
  for (const action of actions) {
    const key = wanted[action];
    if (key && free.delete(key)) keys[action] = key;
  }
  for (const action of actions) {
    if (keys[action]) continue;
    const [key] = free;
    if (!key) break;
    free.delete(key);
    keys[action] = key;
  }
  return keys;
}

/** The nth of a list that a digit names: 1 is the first. */
export function digitOf(press: { key: string; code: string }): number | null {
  const digit = /^Digit([1-9])$/.exec(press.code)?.[1] ?? /^[1-9]$/.exec(press.key)?.[0];
  return digit ? Number(digit) - 1 : null;
}
