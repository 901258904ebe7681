import { describe, expect, it } from 'vitest';
import { age, hourBars, longestNow, percent, screenOf } from '@/logic/wall';

describe('the big screen', () => {
  it('shows no rate of nothing', () => {
    expect([percent(null), percent(0), percent(1), percent(0.9476)]).toEqual(['—', '0.0%', '100%', '94.8%']);
  });
  it('is a screen of the hall by its address alone', () => {
    expect(screenOf({ name: 'wall', query: { screen: 'abc' } })).toBe('abc');
    expect(screenOf({ name: 'wall', query: {} })).toBeNull();
    expect(screenOf({ name: 'wall', query: { screen: '' } })).toBeNull();
    expect(screenOf({ name: 'desk', query: { screen: 'abc' } })).toBeNull();
  });
  it('lets the longest wait go on between two answers, while somebody waits', () => {
    expect(longestNow({ waiting: 1, longest_wait_ms: 5000 }, 1000, 3500)).toBe(7500);
    expect(longestNow({ waiting: 1, longest_wait_ms: 5000 }, 3500, 1000)).toBe(5000);
    expect(longestNow({ waiting: 0, longest_wait_ms: 5000 }, 1000, 3500)).toBe(0);
  });
  it('draws the hours of the office and whatever hour was busy', () => {
    const bars = hourBars([
      { hour: 3, offered: 0, answered: 0 },
      { hour: 6, offered: 2, answered: 1 },
      { hour: 9, offered: 8, answered: 8 },
    ]);
    expect([bars[0]?.hour, bars.at(-1)?.hour]).toEqual([6, 18]);
    expect(bars[0]).toEqual({ hour: 6, offered: 0.25, answered: 0.125, count: 2 });
    expect(hourBars([]).every((bar) => bar.offered === 0)).toBe(true);
  });

  it('says how long an urgent ticket has been open', () => {
    const now = Date.parse('2026-11-23T10:00:00Z');
    const ages = [
      '2026-11-23T09:13:10Z',
      '2026-11-23T07:30:00Z',
      '2026-11-20T09:00:00Z',
      '2026-11-23T10:00:05Z',
    ];
    expect(ages.map((at) => age(at, now))).toEqual(['已 46 分钟', '已 2 小时', '已 3 天', '已 0 分钟']);
  });
});
