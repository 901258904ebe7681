import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deed } from '@/logic/deeds';

/** What the daemon calls what a request did: the words of its address, and what the method says. */
function deedOf(method: string, address: string): string {
  const [first = '', ...rest] = address.replace('/api/v1/', '').split('/');
  const words = [first.replace(/s+$/, ''), ...rest.filter((word) => !word.startsWith('{'))];
  if (method === 'PUT') words.push('update');
  else if (method === 'DELETE') words.push('delete');
  else if (words.length === 1) words.push('create');
  return words.join('.');
}

describe('a deed in the audit log', () => {
  it('is named as a whole, else by its kind and its step', () => {
    expect(deed('session.create')).toBe('登录');
    expect(deed('ticket.dispatch')).toBe('工单 · 派单');
    expect(deed('user.update')).toBe('用户 · 修改');
    expect(deed('comet.launch')).toBe('comet · launch');
  });

  it('has a name whatever the daemon can be asked to do', () => {
    const snapshot = join(__dirname, '../../tests/snapshots/http__operations.snap');
    const lines = readFileSync(snapshot, 'utf8').match(/^(POST|PUT|DELETE) \S+/gm) ?? [];
    expect(lines.length).toBeGreaterThan(100);
    const names = lines
      .map((line) => line.split(' '))
      .map(([method = '', at = '']) => deed(deedOf(method, at)));
    expect(names.filter((name) => /[a-z]/i.test(name))).toEqual([]);
  });
});
