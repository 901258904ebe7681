import { expect, test } from 'vitest';
import { isHeld, todayOf, waits } from '@/logic/dialer';

test('waits are told in hours where they are whole ones', () => {
  expect(waits([7200, 14400, 900], { hours: '小时', minutes: '分钟' })).toBe('2 小时、4 小时、15 分钟');
});

test('of today only the own kind counts, the most frequent outcome first, without what is under way', () => {
  const today = [
    { purpose: 'survey', word: 'busy', count: 1 },
    { purpose: 'missed', word: 'reached', count: 9 },
    { purpose: 'survey', word: 'reached', count: 4 },
    { purpose: 'survey', word: 'under_way', count: 7 },
  ];
  expect(todayOf({ today }, 'survey').map((count) => count.word)).toEqual(['reached', 'busy']);
});

test('a kind is held by people and by lines, not by the clock', () => {
  const kind = { due: 2, paused: null, why: 'no_operator' };
  expect(isHeld(kind)).toBe(true);
  expect(isHeld({ ...kind, due: 0 })).toBe(false);
  expect(isHeld({ ...kind, why: 'quiet_hours' })).toBe(false);
  expect(isHeld({ due: 0, why: null, paused: { reason: 'x', by: 'y', at: 'z' } })).toBe(true);
});
