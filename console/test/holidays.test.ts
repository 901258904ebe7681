import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isWeekend, kindOf, readYear, spansOf, turned, weeksOf } from '@/logic/holidays';

test('a month is drawn from Monday to Sunday', () => {
  // 1 February 2027 is a Monday, and the month has four whole weeks.
  const weeks = weeksOf(2027, 2);
  expect(weeks).toHaveLength(4);
  expect([weeks[0]?.[0], weeks[3]?.[6]]).toEqual(['2027-02-01', '2027-02-28']);
  const august = weeksOf(2026, 8);
  expect(august[0]).toEqual([null, null, null, null, null, '2026-08-01', '2026-08-02']);
  expect(august.at(-1)?.filter((day) => day === null)).toHaveLength(6);
  expect(isWeekend('2026-08-01')).toBe(true);
});

test('a click turns a weekday off and back, and a weekend off, then worked, then plain', () => {
  const off = turned([], '2027-02-08', '春节');
  expect(off).toEqual([{ date: '2027-02-08', name: '春节', off: true }]);
  expect(turned(off, '2027-02-08', '春节')).toEqual([]);
  let days = turned(off, '2027-02-06', '春节');
  expect(days.map((day) => day.date)).toEqual(['2027-02-06', '2027-02-08']);
  expect(kindOf('2027-02-06', days)).toBe('off');
  days = turned(days, '2027-02-06', '别的');
  expect(days[0]).toEqual({ date: '2027-02-06', name: '春节', off: false });
  expect(kindOf('2027-02-06', days)).toBe('makeup');
  expect(turned(days, '2027-02-06', '春节')).toEqual(off);
});

test('the shipped file is read, and its days are told as spans', () => {
  const file = readYear(readFileSync('../provisioning/calendar/2026.json', 'utf8'));
  expect(file?.year).toBe(2026);
  expect(spansOf(file?.days ?? [])[0]).toEqual({
    name: '元旦',
    off: true,
    from: '2026-01-01',
    to: '2026-01-03',
  });
  expect(spansOf(file?.days ?? [])[1]).toEqual({
    name: '元旦',
    off: false,
    from: '2026-01-04',
    to: '2026-01-04',
  });
});

test('what is no such file is none', () => {
  for (const text of [
    '',
    '[]',
    '{"year":2027}',
    '{"year":2027,"days":[{"date":"2027-01-01"}]}',
    '{"year":"2027","days":[]}',
  ])
    expect(readYear(text)).toBeNull();
});
