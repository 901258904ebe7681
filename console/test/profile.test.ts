import { describe, expect, it } from 'vitest';
import type { LimitProfile } from '@/api/limits';
import {
  copyOf,
  faultsByField,
  groups,
  hasFault,
  isSame,
  leftOf,
  limitsOf,
  readLeft,
  sayStep,
  ticketOf,
  timers,
  withLimit,
} from '@/logic/profile';

const profile: LimitProfile = {
  name: 'shandong',
  title: '山东省办法',
  basis: '',
  count: { first_day: 'day_after', due_at: '24:00', after_hours: 'next_workday', workdays: [], holidays: [] },
  bands: { C: { sign: '1wd', handle: '5wd' }, X: {} },
  kinds: { 投诉: { handle: '6wd' } },
  returns: { within: '2wd', dispute_after: 2 },
  extension: { times: 1, longest: '10wd' },
  suspension_days: 180,
  redo_rounds: 2,
  repeat_days: 30,
  file_after_days: 60,
  reply_needs_contact: true,
  reply_needs_basis: true,
  reply_needs_checklist: false,
  reminders: { before: ['50%', '2wd'], urge: '1wd', supervise: null, report: null },
};
const common = { list: 'bands', name: 'C' } as const;
const complaint = { list: 'kinds', name: '投诉' } as const;

describe('a profile that is edited', () => {
  it('is changed in one limit, and the one before is as it was', () => {
    const before = copyOf(profile);
    const changed = withLimit(profile, common, 'handle', '3wd');
    expect(limitsOf(changed, common)).toEqual({ sign: '1wd', handle: '3wd' });
    expect(changed.kinds).toEqual(profile.kinds);
    expect(profile).toEqual(before);
    expect(isSame(profile, changed)).toBe(false);
    expect(isSame(profile, withLimit(changed, common, 'handle', '5wd'))).toBe(true);
  });

  it('has no limit where none is written, and no kind that says nothing; a band stays though it is empty', () => {
    expect(limitsOf(withLimit(profile, common, 'sign', ''), common)).toEqual({ handle: '5wd' });
    expect(withLimit(profile, complaint, 'handle', '').kinds).toEqual({});
    const emptied = withLimit(withLimit(profile, common, 'sign', ''), common, 'handle', '');
    expect(emptied.bands).toEqual({ C: {}, X: {} });
    expect(limitsOf(profile, { list: 'kinds', name: '建议' })).toEqual({});
  });

  it('is tried for a ticket of the band, or of the kind where kinds count', () => {
    expect([ticketOf(common), ticketOf(complaint)]).toEqual([
      { band: 'C', kind: '' },
      { band: 'C', kind: '投诉' },
    ]);
  });

  it('offers every clock once', () => {
    const all = [...timers.unit, ...timers.office];
    expect(new Set(all).size).toBe(11);
    expect(groups).toHaveLength(15);
  });
});

describe('what the daemon finds wrong', () => {
  it('stands beside its field, whether the settings were to be saved or tried', () => {
    const faults = faultsByField([
      { field: 'settings.bands.C.handle', message: '数字为 1 至 10000' },
      { field: 'count.due_at', message: '应写作 24:00' },
    ]);
    expect(faults).toEqual({ 'bands.C.handle': '数字为 1 至 10000', 'count.due_at': '应写作 24:00' });
    expect([hasFault(faults, common), hasFault(faults, complaint)]).toEqual([true, false]);
  });
});

describe('reminders before something is due', () => {
  it('are a share of the time or working days, also while they are typed', () => {
    expect([readLeft('50%'), readLeft('2wd'), readLeft('%'), readLeft('wd')]).toEqual([
      { amount: '50', left: '%' },
      { amount: '2', left: 'wd' },
      { amount: '', left: '%' },
      { amount: '', left: 'wd' },
    ]);
    expect([leftOf('5o', '%'), leftOf('', 'wd')]).toEqual(['5%', 'wd']);
  });

  it('are said in words', () => {
    expect(['left50%', 'left2wd', 'urge', 'report'].map(sayStep)).toEqual([
      '剩 50% 时间',
      '剩 2 个工作日',
      '催办',
      '通报',
    ]);
  });
});
