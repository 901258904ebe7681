import { describe, expect, it } from 'vitest';
import type { Message, Operator } from '@/api/types';
import { stillWanted } from '@/logic/help';

const minute = (n: number): string => new Date(Date.UTC(2026, 10, 22, 1, n)).toISOString();
const now = Date.parse(minute(30));
const cry = (from: string, at: number, call_id: string | null): Message => ({
  id: at,
  at: minute(at),
  kind: 'help',
  from,
  from_name: `${from}的名字`,
  to: null,
  call_id,
  text: '',
});
const operator = (username: string, call_id: string | null): Operator => ({
  username,
  display_name: username,
  extension: null,
  skills: [],
  state: call_id ? 'talking' : 'ready',
  reason: null,
  since: null,
  call_id,
});
const shown = (found: { operator: string; at: string }[]) => found.map((one) => [one.operator, one.at]);

describe('a cry for help, after a reload', () => {
  it('is there while its call lasts, however old, and once an operator', () => {
    const messages = [cry('a', 5, 'c1'), cry('a', 7, 'c1'), cry('b', 6, 'c2'), cry('c', 8, 'c3')];
    const operators = [operator('a', 'c1'), operator('b', null), operator('c', 'another')];
    expect(shown(stillWanted(messages, operators, {}, now))).toEqual([['a', minute(7)]]);
  });
  it('without a call is there for a while', () => {
    expect(shown(stillWanted([cry('a', 25, null), cry('b', 5, null)], [], {}, now))).toEqual([
      ['a', minute(25)],
    ]);
  });
  it('is gone once it was seen, until the next one', () => {
    const operators = [operator('a', 'c1')];
    expect(stillWanted([cry('a', 25, 'c1')], operators, { a: minute(25) }, now)).toEqual([]);
    expect(shown(stillWanted([cry('a', 26, 'c1')], operators, { a: minute(25) }, now))).toEqual([
      ['a', minute(26)],
    ]);
  });
  it('is no ordinary message', () => {
    expect(stillWanted([{ ...cry('a', 29, null), kind: 'message' }], [], {}, now)).toEqual([]);
  });
});
