import { describe, expect, it } from 'vitest';
import type { Suggestion } from '@/api/types';
import { highlight, suggestedFields, verdictOf } from '@/logic/suggest';

const suggestion: Suggestion = {
  title: '清河湾小区停水',
  kind: '报修',
  class: { code: '010101', level1: '城乡建设', level2: '市政', level3: '自来水供应' },
  band: 'A',
  urgency_words: [],
  place: { code: 'p1', name: '清河湾小区' },
  happened: '11月21日晚上起',
  affected: '',
  unit: null,
  unit_reason: null,
  words: [],
};

describe('the suggestions for a ticket', () => {
  const fields = suggestedFields(suggestion);
  const of = (field: string) => {
    const found = fields.find((one) => one.field === field);
    if (!found) throw new Error(field);
    return found;
  };

  it('are those that were made, each with what it would fill in', () => {
    expect(fields.map((one) => one.field)).toEqual(['title', 'kind', 'class', 'band', 'place', 'happened']);
    expect(of('class').shown).toBe('城乡建设 / 市政 / 自来水供应');
    expect(suggestedFields(null)).toEqual([]);
  });
  it('are open, taken, changed by what was typed, or ignored', () => {
    const none = new Set<string>();
    expect(verdictOf(of('kind'), { kind: '' }, none)).toBe('open');
    expect(verdictOf(of('kind'), { kind: '报修' }, none)).toBe('taken');
    expect(verdictOf(of('kind'), { kind: '投诉' }, none)).toBe('changed');
    expect(verdictOf(of('kind'), { kind: '' }, new Set(['kind:报修']))).toBe('ignored');
  });
  it('come back when another thing is suggested than what was ignored', () => {
    expect(verdictOf(of('kind'), {}, new Set(['kind:求助']))).toBe('open');
  });
  it('know a place by its name, for its code is not in the form', () => {
    expect(verdictOf(of('place'), { place: '清河湾小区', place_code: '' }, new Set())).toBe('taken');
  });
});

describe('what was said', () => {
  const words = [
    { field: 'place', text: '清河湾' },
    { field: 'place', text: '清河湾小区' },
    { field: 'class', text: '停水' },
  ];
  it('is cut so that the source words stand alone, the longer of two that overlap', () => {
    expect(highlight({ text: '清河湾小区停水了，又停水' }, words)).toEqual([
      { text: '清河湾小区', field: 'place' },
      { text: '停水', field: 'class' },
      { text: '了，又', field: null },
      { text: '停水', field: 'class' },
    ]);
  });
  it('is whole where nothing rests on it, whatever its letters', () => {
    expect(highlight({ text: '𠮷野家好' }, words)).toEqual([{ text: '𠮷野家好', field: null }]);
    expect(highlight({ text: '' }, words)).toEqual([]);
    expect(highlight({ text: '停水' }, [{ field: 'x', text: '' }])).toEqual([{ text: '停水', field: null }]);
  });
});
