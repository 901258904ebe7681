import { describe, expect, it } from 'vitest';
import type { Duty, Precedent, TicketClock, Unit } from '@/api/types';
import { helpersOf, merge, ofDuty, ofPrecedent, unitsLike } from '@/logic/candidates';
import { leading, left, pace, share } from '@/logic/clock';
import { digitOf, keysOf } from '@/logic/keys';

function clock(changes: Partial<TicketClock> = {}): TicketClock {
  return {
    timer: 'handle',
    title: '办结',
    limit: '5wd',
    due: '2026-03-09T15:59:59Z',
    late: false,
    remaining_days: 4,
    remaining_minutes: 1900,
    total_minutes: 2400,
    ...changes,
  };
}

describe('a running clock', () => {
  it('tells its pace by more than its share', () => {
    expect([share(clock()), pace(clock())]).toEqual([21, 'calm']);
    expect(pace(clock({ remaining_minutes: 400 }))).toBe('near');
    expect([share(clock({ late: true })), pace(clock({ late: true }))]).toEqual([100, 'late']);
    expect(pace(clock({ due: null }))).toBe('stopped');
  });

  it('counts days while there are some, names the last one, and says what hours are', () => {
    const [before, lastEvening] = [Date.parse('2026-03-04T02:00:00Z'), Date.parse('2026-03-09T12:00:00Z')];
    expect(left(clock(), before)).toBe('剩 4 个工作日');
    expect(left(clock({ remaining_days: 1, remaining_minutes: 0 }), lastEvening)).toBe('今日到期');
    expect(left(clock({ remaining_days: 0, remaining_minutes: 65 }), before)).toBe('剩 1 小时 5 分');
    expect(left(clock({ limit: '24h', remaining_minutes: 90 }), before)).toBe('剩 1 小时 30 分');
    expect(left(clock({ limit: '30min', remaining_minutes: 29 }), lastEvening)).toBe('剩 29 分钟');
    expect(left(clock({ late: true }), before)).toBe('已超期');
  });

  it('is the one of the next step, not the first that runs', () => {
    const sign = clock({ timer: 'sign' });
    expect(leading([sign, clock()])?.timer).toBe('handle');
    expect(leading([sign])).toBe(sign);
    expect(leading([])).toBeUndefined();
  });
});

describe('keys of the steps on offer', () => {
  it('gives each step its own letter, whatever else is on offer', () => {
    const offers = [
      ['fill', 'accept', 'ask', 'direct', 'reject', 'transfer', 'merge', 'close'],
      ['approve_return', 'reject_return', 'dispute', 'approve', 'refuse', 'void'],
      ['sign', 'contact', 'progress', 'subdispatch', 'reply', 'return', 'extend', 'suspend', 'resume'],
      ['decide', 'meet', 'supervise', 'void', 'approve', 'refuse', 'reopen', 'discharge'],
    ];
    for (const offer of offers) {
      const keys = keysOf(offer);
      expect(Object.keys(keys).sort()).toEqual([...offer].sort());
      expect(new Set(Object.values(keys)).size).toBe(offer.length);
    }
    expect(keysOf(['dispatch', 'review'])).toEqual({ dispatch: 'D', review: 'R' });
  });

  it('reads digits from either row of them', () => {
    expect(digitOf({ key: '1', code: 'Digit1' })).toBe(0);
    expect(digitOf({ key: '9', code: 'Numpad9' })).toBe(8);
    expect(digitOf({ key: 'é', code: 'Digit2' })).toBe(1);
    expect(digitOf({ key: '0', code: 'Digit0' })).toBeNull();
    expect(digitOf({ key: 'a', code: 'KeyA' })).toBeNull();
  });
});

describe('candidates for a dispatch', () => {
  it('bring their helping units along, without the lead itself', () => {
    const named = (code: string) => ({ code, name: code });
    const lead = { unit: named('a'), from: 'duty' as const, reason: '', basis: '', ground: '' };
    expect(helpersOf({ ...lead, helpers: [named('b'), named('a'), named('c')] })).toEqual(['b', 'c']);
    expect(helpersOf(null)).toEqual([]);
  });

  const unit = { code: 'gongshui', name: '县供水公司' };
  const duty: Duty = {
    class: '自来水供应',
    area: '',
    unit,
    co_units: [],
    basis: '《城市供水条例》',
    note: '',
    valid_until: null,
  };
  const known: Precedent = {
    number: '2611',
    at: '',
    class: { code: '010101', name: '自来水供应' },
    place: null,
    unit,
    basis: '属地优先',
    decision: '由供水公司主办',
  };

  it('names a unit once, by the strongest reason, and keeps the ground of it', () => {
    const all = merge([ofPrecedent(known)], [ofDuty(duty)]);
    expect(all).toHaveLength(1);
    expect(all[0]).toMatchObject({ from: 'precedent', ground: '案例 2611：属地优先' });
    expect(ofDuty(duty).ground).toBe('派单目录：自来水供应；《城市供水条例》');
  });

  it('shows no more than digits reach', () => {
    const units: Unit[] = Array.from({ length: 20 }, (_, at) => ({
      code: `u${at}`,
      name: `街道${at}`,
      kind: '乡镇',
      phone: '',
    }));
    expect(merge(unitsLike(units, '街道'))).toHaveLength(9);
    expect(unitsLike(units, '水务')).toEqual([]);
  });
});
