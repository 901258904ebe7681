import { describe, expect, it } from 'vitest';
import type { DutyEntry } from '@/api/duties';
import { draftOf, isWrongWay, mayKeep, termsOf } from '@/logic/duties';

const entry: DutyEntry = {
  id: 7,
  version: 3,
  class: { code: '010101', name: '市政 / 自来水供应' },
  area: { code: '01', name: '城关街道' },
  unit: { code: 'gongshui', name: '县供水公司' },
  co_units: [{ code: 'zhujian', name: '县住建局' }],
  basis: '《城市供水条例》',
  note: '',
  valid_from: null,
  valid_until: '2026-12-31',
  state: 'in_force',
  precedents: 1,
  updated_at: null,
  updated_by: 'provisioning',
};

describe('an entry of the duty catalogue', () => {
  it('is what its form began with', () => {
    const draft = draftOf(entry);
    expect(draft).toMatchObject({ class_code: '010101', area: '01', unit_code: 'gongshui' });
    expect(termsOf(draft)).toEqual({
      co_units: ['zhujian'],
      basis: '《城市供水条例》',
      note: '',
      valid_from: null,
      valid_until: '2026-12-31',
    });
  });

  it('holds without end when its picker is emptied', () => {
    const emptied = { ...draftOf(entry), valid_until: undefined as unknown as null };
    expect(termsOf(emptied).valid_until).toBeNull();
  });

  it('does not end before it begins', () => {
    expect(isWrongWay({ ...draftOf(entry), valid_from: '2027-01-01' })).toBe(true);
    expect(isWrongWay(draftOf(entry))).toBe(false);
  });

  it('is changed by administrators and dispatchers', () => {
    expect(
      ['admin', 'dispatcher', 'supervisor', 'operator', 'unit'].map((role) => mayKeep(role as never)),
    ).toEqual([true, true, false, false, false]);
  });
});
