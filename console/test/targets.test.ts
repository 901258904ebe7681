import { describe, expect, it } from 'vitest';
import type { DeskPerson, Operator } from '@/api/types';
import { dialled, findTargets } from '@/desk/targets';
import { queue } from './sample';

function operator(username: string, state: Operator['state'], display_name = username): Operator {
  return {
    username,
    display_name,
    extension: '8001',
    skills: [],
    state,
    reason: null,
    since: null,
    call_id: null,
  };
}

const people = [operator('a', 'talking', '李静'), operator('b', 'ready', '王磊'), operator('c', 'offline')];
const units = [
  { code: 'shuiwu', name: '县水务公司', kind: '公共企业', phone: '0534-8200031' },
  { code: 'gov', name: '县政府办公室', kind: '部门', phone: '' },
];
const clerk = (name: string, number: string, on_duty: boolean): DeskPerson => ({
  unit_code: 'jiancha',
  unit: '县人社局 › 劳动监察',
  name,
  office: '值班员',
  telephone: 'mobile',
  shown: number,
  number,
  on_duty,
});
const clerks = [clerk('孙某', '13900000002', true), clerk('周某', '13900000003', false)];
const directory = {
  operators: people,
  queues: [queue('general', ['2026-11-22T09:00:00Z'])],
  units,
  people: clerks,
};
const find = (text: string) => findTargets(text, directory, 'me');

describe('to whom a call can be handed on', () => {
  it('is nobody offline and not oneself, those who are free first', () => {
    expect(find('').map((one) => one.key)).toEqual(['o-b', 'o-a', 'q-general']);
    expect(findTargets('', directory, 'b').map((one) => one.key)).toEqual(['o-a', 'q-general']);
  });
  it('is found by a part of the name, the user name or the extension', () => {
    expect(find('李').map((one) => one.key)).toEqual(['o-a']);
    expect(find('8001').map((one) => one.key)).toEqual(['o-b', 'o-a', 'n']);
  });
  it('is a unit that was asked for and has a telephone', () => {
    expect(find('县水').map((one) => one.to)).toEqual([{ number: '05348200031' }]);
    expect(find('0534 8200031').map((one) => one.key)).toEqual(['u-shuiwu']);
    expect(find('0534-8200031').map((one) => one.key)).toEqual(['u-shuiwu']);
  });
  it('is one of a unit’s people, by unit, name or duty, whoever is on duty first', () => {
    const keys = (text: string) => find(text).map((one) => one.to);
    expect(keys('人社')).toEqual([{ number: '13900000002' }, { number: '13900000003' }]);
    expect(keys('监察 周')).toEqual([{ number: '13900000003' }]);
    expect(find('监察').map((one) => one.onDuty)).toEqual([true, false]);
    expect(find('13900000003').map((one) => one.key)).toEqual(['p-jiancha-周某-13900000003']);
  });
  it('is a number, however it is written, and no text', () => {
    expect([dialled('0534-820 0001'), dialled('（0534）8200001'), dialled('110')]).toEqual([
      '05348200001',
      '05348200001',
      '110',
    ]);
    expect([dialled('12'), dialled('物业'), dialled('1;2345')]).toEqual([null, null, null]);
    expect(find('0534-8200001')).toEqual([
      expect.objectContaining({ to: { number: '05348200001' }, kind: 'number' }),
    ]);
  });
});
