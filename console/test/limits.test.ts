import { describe as group, expect, it, vi } from 'vitest';
import type { Notice } from '@/api/life';
import { setLocale } from '@/i18n';
import { describe } from '@/logic/detail';
import { limitOf, readLimit, sayLimit } from '@/logic/limits';
import { concerns, sayNotice } from '@/logic/notices';

group('a length of time', () => {
  it('is said in words and written as the daemon reads it', () => {
    expect(readLimit('3wd')).toEqual({ amount: '3', unit: 'wd' });
    expect([readLimit(''), readLimit('wd'), readLimit('3 days')]).toEqual([null, null, null]);
    expect([limitOf('3', 'wd'), limitOf(' 024 ', 'h'), limitOf('', 'h'), limitOf('0', 'wd')]).toEqual([
      '3wd',
      '24h',
      '',
      '',
    ]);
    const said = ['5wd', '90min', '7d', '8wh', 'soon'].map(sayLimit);
    expect(said).toEqual(['5 个工作日', '90 分钟', '7 个自然日', '8 个工作小时', 'soon']);
  });
});

group('what an event says', () => {
  it('has no word of the daemon’s own in it', () => {
    const said = describe(
      { result: 'wrong_number', limit: '24h', events: ['callback_due'], ms: 65_900, class_code: '010101' },
      { person: String, queue: String, className: () => '自来水供应' },
    );
    expect(said.map((fact) => `${fact.label}：${fact.value}`)).toEqual([
      '结果：号码有误',
      '时长：24 小时',
      '经过：答复通过，转入回访',
      '时长：1:05',
      '事项分类：自来水供应',
    ]);
    const step = { node: 'general', title: '综合受理', queue: 'general', duration_ms: 47_483 };
    const names = { person: String, className: String, queue: () => '综合受理' };
    expect(describe(step, names).map((fact) => fact.value)).toEqual(['综合受理', '综合受理', '0:47']);
    const judged = { verdict: 'supervise', level: 2, what: 'extend', to: '120', reason: 'N2', checklist: {} };
    expect(describe(judged).map((fact) => fact.value)).toEqual([
      '重办并督办',
      '二级 媒体督办',
      '延期',
      '120 急救',
      'N2 应走诉讼、仲裁、纪检、复议、信息公开或信访',
    ]);
    expect(describe({ checklist: { contact: true, on_topic: false } })[0]?.value).toBe(
      '联系记录真实 ✓、不答非所问 ✗',
    );
  });
});

group('notices', () => {
  const given = { step: 'given:gongshui:3', unit_code: 'gongshui' };
  const late = { step: 'urge', unit_code: 'gongshui' };
  const own = { step: 'due', unit_code: null };
  it('tell a unit all of its own, the office of clocks, operators of the office’s', () => {
    expect([given, late, own].map((notice) => concerns('unit', notice))).toEqual([true, true, true]);
    expect([given, late, own].map((notice) => concerns('dispatcher', notice))).toEqual([false, true, true]);
    expect([given, late, own].map((notice) => concerns('operator', notice))).toEqual([false, false, true]);
  });
  it('are read in English by their facts, and by their sentence where those are unknown', () => {
    vi.stubGlobal('localStorage', { setItem: () => undefined });
    vi.stubGlobal('document', { documentElement: {} });
    const text = '《供水》报修《急》签收时限仅剩 20%，截止 11月25日 12:00';
    const notice = { number: '7', timer: 'sign', due: '2026-11-25T12:00:00+08:00', text } as Notice;
    const said = (step: string) => sayNotice({ ...notice, step });
    expect(said('left20%')).toBe(text);
    setLocale('en');
    const english = ['left20%', 'left3wd', 'urge', 'given:gongshui:3', 'unheard-of'].map(said);
    setLocale('zh-CN');
    vi.unstubAllGlobals();
    expect(english).toEqual([
      '《供水》报修《急》 Sign: 20% left, due 11-25 12:00',
      '《供水》报修《急》 Sign: 3 working days left, due 11-25 12:00',
      '《供水》报修《急》 Sign: late; act at once, due 11-25 12:00',
      '《供水》报修《急》 Given to your unit, due 11-25 12:00',
      text,
    ]);
  });
});
