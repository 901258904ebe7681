import { describe, expect, it } from 'vitest';

describe('texts', () => {
  it('have a name each: of two with one name the later would stand in both places', () => {
    const modules = import.meta.glob<Record<string, object>>('../src/i18n/text/*.ts', { eager: true });
    const groups = Object.values(modules).flatMap((module) => Object.values(module));
    const names = groups.flatMap((texts) => Object.keys(texts));
    expect(names.length).toBeGreaterThan(500);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  });
});
