import { describe, expect, it } from 'vitest';
import type { Segment, Suggestion } from '@/api/types';
import { decide, emptied, highlight, suggestedFields, undecided, verdictOf } from '@/logic/suggest';

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
  const taken = (field: string) => decide(undecided, of(field), 'taken');
  const ignored = (field: string) => decide(undecided, of(field), 'ignored');
  it('are open, or changed by what was typed', () => {
    expect(verdictOf(of('kind'), { kind: '' }, undecided)).toBe('open');
    expect(verdictOf(of('kind'), { kind: '投诉' }, undecided)).toBe('changed');
  });
  it('are not taken before somebody looked, though the daemon filled them in', () => {
    expect(verdictOf(of('kind'), { kind: '报修' }, undecided)).toBe('filled');
    expect(verdictOf(of('kind'), { kind: '报修' }, taken('kind'))).toBe('taken');
    expect(verdictOf(of('kind'), { kind: '投诉' }, taken('kind'))).toBe('changed');
  });
  it('are ignored whatever stands in the field', () => {
    expect(verdictOf(of('kind'), { kind: '' }, ignored('kind'))).toBe('ignored');
    expect(verdictOf(of('kind'), { kind: '报修' }, ignored('kind'))).toBe('ignored');
  });
  it('may be decided anew', () => {
    const again = decide(ignored('kind'), of('kind'), 'taken');
    expect(verdictOf(of('kind'), { kind: '报修' }, again)).toBe('taken');
    expect(verdictOf(of('kind'), { kind: '报修' }, decide(again, of('kind'), 'ignored'))).toBe('ignored');
  });
  it('come back when another thing is suggested than what was ignored', () => {
    const [other] = suggestedFields({ ...suggestion, title: null, kind: '求助' });
    expect(other && verdictOf(other, {}, ignored('kind'))).toBe('open');
  });
  it('know a place by its name, for one typed by hand has no code', () => {
    expect(verdictOf(of('place'), { place: '清河湾小区', place_code: '' }, taken('place'))).toBe('taken');
  });
  it('leave an empty field when they are ignored, but never take away what was typed', () => {
    expect(emptied(of('place'), { place: '清河湾小区' })).toEqual({ place: '', place_code: '' });
    expect(emptied(of('kind'), { kind: '投诉' })).toEqual({});
  });
});

describe('what was said', () => {
  const said = (text: string, changes: Partial<Segment> = {}): Segment => ({
    side: 'citizen',
    start_ms: 4000,
    end_ms: 9000,
    text,
    ...changes,
  });
  const words = [
    { field: 'place', text: '清河湾', start_ms: 4000 },
    { field: 'place', text: '清河湾小区', start_ms: 4000 },
    { field: 'class', text: '停水', start_ms: 4000 },
  ];
  const whole = (text: string) => [{ text, field: null }];
  it('is cut so that the source words stand alone, the longer of two that overlap', () => {
    expect(highlight(said('清河湾小区停水了，又停水'), words)).toEqual([
      { text: '清河湾小区', field: 'place' },
      { text: '停水', field: 'class' },
      { text: '了，又', field: null },
      { text: '停水', field: 'class' },
    ]);
  });
  it('marks what a title was made of without taking it from its own field', () => {
    const title = [
      { field: 'place', text: '清河湾小区', start_ms: 4000 },
      { field: 'title', text: '清河湾小区', start_ms: 4000 },
      { field: 'title', text: '停水', start_ms: 4000 },
    ];
    expect(highlight(said('清河湾小区停水了'), title)).toEqual([
      { text: '清河湾小区', field: 'place', title: true },
      { text: '停水', field: 'title', title: true },
      { text: '了', field: null },
    ]);
  });
  it('is marked where it was heard, not wherever the same words are', () => {
    expect(highlight(said('停水', { start_ms: 9000, end_ms: 11_000 }), words)).toEqual(whole('停水'));
    expect(highlight(said('停水', { start_ms: 1000, end_ms: 4000 }), words)).toEqual(whole('停水'));
    expect(highlight(said('停水', { side: 'office' }), words)).toEqual(whole('停水'));
    expect(highlight(said('停水', { end_ms: 4000 }), words)).toEqual([{ text: '停水', field: 'class' }]);
  });
  it('is whole where nothing rests on it, whatever its letters', () => {
    expect(highlight(said('𠮷野家好'), words)).toEqual(whole('𠮷野家好'));
    expect(highlight(said(''), words)).toEqual([]);
    expect(highlight(said('停水'), [{ field: 'x', text: '', start_ms: 4000 }])).toEqual(whole('停水'));
  });
});
