import { describe, expect, it } from 'vitest';
import type { UnitEntry } from '@/api/units';
import { asTree } from '@/logic/units';

const unit = (code: string, parent: string | null): UnitEntry => ({ code, parent }) as UnitEntry;

describe('the directory of units', () => {
  it('has each unit below its superior, and strays at the top', () => {
    const lines = asTree([unit('b', 'a'), unit('a', null), unit('x', 'gone'), unit('c', 'b')]);
    expect(lines.map((line) => [line.unit.code, line.level])).toEqual([
      ['a', 0],
      ['b', 1],
      ['c', 2],
      ['x', 0],
    ]);
  });
});
