import { describe, expect, it } from 'vitest';
import type { Article } from '@/api/types';
import { draftOf, mayWrite, standing, titleOf } from '@/logic/articles';

describe('an article', () => {
  it('is valid from its first day on, and expired when the daemon says so', () => {
    const at = (valid_from: string | null, expired = false) =>
      standing({ valid_from, expired }, '2026-03-02');
    expect([at(null), at('2026-03-02'), at('2026-03-03'), at('2026-01-01', true)]).toEqual([
      'valid',
      'valid',
      'early',
      'expired',
    ]);
  });
  it('is written by who keeps it true, and read by operators', () => {
    expect([mayWrite('supervisor'), mayWrite('operator'), mayWrite(null)]).toEqual([true, false, false]);
  });
  it('gives back what was written, without what the daemon keeps', () => {
    const article = { id: 3, version: 2, title: '停水', body: '拨打', expired: true } as Article;
    expect(draftOf(article)).toEqual({
      title: '停水',
      body: '拨打',
      class_code: null,
      owner_unit: null,
      valid_from: null,
      valid_until: null,
      reply_template: '',
    });
  });
  it('names its class with the branches above', () => {
    const tree = [{ code: '01', name: '城乡建设', children: [{ code: '0101', name: '供水' }] }];
    expect([titleOf(tree, '0101'), titleOf(tree, '99')]).toEqual(['城乡建设 / 供水', '']);
  });
});
