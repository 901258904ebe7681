import { expect, test } from 'vitest';
import type { Survey } from '@/api/types';
import { heard } from '@/logic/callbacks';

const survey: Survey = {
  state: 'completed',
  next_at: null,
  attempts: [],
  contacted: true,
  solved: false,
  satisfaction: 1,
  remark: null,
};

test('what the machine heard is told in one line, and nothing where nothing was answered', () => {
  const line = heard({ ...survey, remark: { call_id: 'a', from_ms: 0, to_ms: 1, text: '还是漏水' } });
  expect(line).toContain('是');
  expect(line).toContain('否');
  expect(line).toContain('“还是漏水”');
  expect(line.split('；')).toHaveLength(4);
  expect(heard({ ...survey, contacted: null, solved: null, satisfaction: null })).toBe('');
  expect(heard(null)).toBe('');
});
