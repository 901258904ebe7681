import { expect, test } from 'vitest';
import { filled, join, sameFilter, split } from '@/logic/filters';

test('what is empty, and the page, is not part of a search', () => {
  expect(filled({ q: '停水', state: '', unit: undefined, cursor: 'ab', limit: 50 })).toEqual({ q: '停水' });
});

test('two filters that ask the same are the same', () => {
  expect(sameFilter({ q: '停水', band: '' }, { q: '停水', cursor: 'x' })).toBe(true);
  expect(sameFilter({ q: '停水' }, { q: '停水', sort: 'due' })).toBe(false);
});

test('several values travel as one text', () => {
  expect(split(join(['pending', 'redo']))).toEqual(['pending', 'redo']);
  expect(join([])).toBeUndefined();
  expect(split(undefined)).toEqual([]);
});
