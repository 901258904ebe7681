import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe as group, expect, it, vi } from 'vitest';
import { Problem } from '@/api/problem';
import { nameOf, setLocale, textOf } from '@/i18n';
import { describe } from '@/logic/detail';
import { explain, fieldErrors } from '@/logic/problems';
import { bandTone, ticketStates, ticketTone, trunkTone } from '@/logic/states';
import { dateTime, dayEnd, dayStart, duration } from '@/logic/time';

afterEach(() => void vi.unstubAllGlobals());

group('names', () => {
  it('calls the ticket states as the hotline does', () => {
    expect(ticketStates.map((state) => nameOf('state', state))).toEqual([
      '草稿',
      '待受理',
      '待补充',
      '待派单',
      '直办',
      '待签收',
      '办理中',
      '退回审核',
      '争议协调',
      '待审核',
      '待回访',
      '待评判',
      '重办',
      '挂起',
      '办结',
      '归档',
      '不予受理',
      '已转紧急或外部',
      '作废或并单',
    ]);
  });
  it('shows a value it has no name for as it came, and a dash for none', () => {
    expect([nameOf('outcome', 'teleported'), nameOf('outcome', null)]).toEqual(['teleported', '—']);
  });
  it('gives states their tones, unknown ones included', () => {
    expect([ticketTone('closed'), ticketTone('?'), bandTone('S'), trunkTone('?')]).toEqual([
      'success',
      'info',
      'danger',
      'danger',
    ]);
  });
});

group('times', () => {
  it('are those of Shanghai', () => {
    expect(dateTime('2026-11-21T16:05:09Z')).toBe('2026-11-22 00:05:09');
    expect([dateTime(null), dateTime('nonsense')]).toEqual(['—', '—']);
  });
  it('are read as lengths', () => {
    expect([duration(65_900), duration(3_725_000), duration(-5), duration(null)]).toEqual([
      '1:05',
      '1:02:05',
      '0:00',
      '—',
    ]);
  });
  it('bound a day of the county', () => {
    expect([dayStart('2026-11-22'), dayEnd('2026-11-22')]).toEqual([
      '2026-11-22T00:00:00+08:00',
      '2026-11-22T23:59:59.999+08:00',
    ]);
  });
});

group('problems', () => {
  it('speak Chinese: the daemon’s words if they are, ours otherwise', () => {
    expect(explain(new Problem({ status: 409, detail: '工单已办结' }))).toBe('工单已办结');
    expect(explain(new Problem({ status: 403, detail: 'forbidden' }))).toBe('您没有权限执行此操作。');
    expect(explain(new Problem({ status: 0 }))).toContain('无法连接服务器');
    expect(explain(new Problem({ status: 418 }))).toBe('操作未成功（418）。');
  });
});

/** Every code that the daemon's sources give a refusal. */
function codes(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return codes(path);
    if (!path.endsWith('.rs')) return [];
    const text = readFileSync(path, 'utf8');
    const named = [...text.matchAll(/(?:coded|field|forbidden)\(\s*"([a-z]+(?:-[a-z]+)+)"/g)];
    const listed = [...text.matchAll(/\("((?:desk|audio)-[a-z-]+)",/g)];
    return [...named, ...listed].map((found) => found[1] ?? '');
  });
}

group('the code of a refusal', () => {
  it('has its words in both languages, whatever refuses', () => {
    const all = codes(join(import.meta.dirname, '../../src'));
    expect(all.length).toBeGreaterThan(50);
    expect(all.filter((code) => textOf('problem.code', code) === undefined)).toEqual([]);
  });
  it('speaks English to who reads English, where the daemon speaks Chinese', () => {
    vi.stubGlobal('localStorage', { setItem: () => undefined });
    vi.stubGlobal('document', { documentElement: {} });
    setLocale('en');
    const busy = new Problem({ status: 409, detail: '对方坐席不空闲', code: 'desk-target-busy' });
    const unknown = new Problem({ status: 409, detail: '别的', code: 'conflict' });
    const field = { field: 'title', message: '必填' };
    const told = [
      explain(busy),
      explain(unknown),
      fieldErrors(new Problem({ status: 422, errors: [field] })),
    ];
    setLocale('zh-CN');
    expect(told).toEqual([
      'This operator is not free.',
      'Changed by someone else; please reload.',
      [{ field: 'title', message: 'title: not accepted' }],
    ]);
    expect(explain(busy)).toBe('对方坐席不空闲');
    const gone = new Problem({ status: 404, detail: '没有这个对象', code: 'not-found' });
    expect(explain(gone)).toMatch(/^未找到该内容/);
  });
});

group('the detail of an event', () => {
  it('is labelled values, without what is empty', () => {
    expect(
      describe({ to: 'dispatched', unit: { code: 'reli', name: '热力公司' }, note: '', words: [] }),
    ).toEqual([
      { label: '新状态', value: '待签收' },
      { label: '单位', value: '热力公司' },
    ]);
    expect(describe({ outcome: 'answered', cause: 'normal' }).map((fact) => fact.value)).toEqual([
      '已接通',
      '正常',
    ]);
    const remark = { call_id: 'a', from_ms: 1, to_ms: 2, text: null };
    expect(describe({ remark })).toEqual([{ label: '补充意见', value: '有录音' }]);
    expect(describe({ remark: { ...remark, text: '谢谢' } })[0]?.value).toBe('谢谢');
    expect(describe({ outcome: 'explained' })[0]?.value).toBe('已解释说明');
    expect([describe(null), describe('断线')]).toEqual([[], [{ label: '', value: '断线' }]]);
  });
});

group('an operator in an event', () => {
  const roster = (username: string): string => (username === 'operator3' ? '赵晓' : username);
  it('is named as the party of a leg', () => {
    expect(describe({ side: 'operator', party: 'operator3' }, { person: roster })).toEqual([
      { label: '一方', value: '坐席' },
      { label: '号码', value: '赵晓' },
    ]);
  });
  it('is named by the event, else by the list of operators', () => {
    expect(describe({ operator: 'operator1', operator_name: '李静' }, { person: roster })).toEqual([
      { label: '坐席', value: '李静' },
    ]);
    expect(describe({ operator: 'operator3' }, { person: roster })[0]?.value).toBe('赵晓');
  });
});

group('the readers of a confidential ticket', () => {
  it('are called by their names', () => {
    const person = (username: string): string => ({ chief: '王主任' })[username] ?? username;
    expect(describe({ named: ['chief', 'gone'] }, { person })[0]?.value).toBe('王主任、gone');
  });
});

group('the second language', () => {
  it('is English', () => {
    vi.stubGlobal('localStorage', { setItem: () => undefined });
    vi.stubGlobal('document', { documentElement: {} });
    setLocale('en');
    expect(nameOf('state', 'closed')).toBe('Closed');
    setLocale('zh-CN');
  });
});
