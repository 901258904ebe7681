import { describe, expect, it } from 'vitest';
import { forgetAll, Mirror, mirrorKey } from '@/logic/mirror';
import { overlay } from '@/logic/overlay';

interface Fields {
  title: string;
  content: string;
}

function store(): Storage {
  const kept: Record<string, string> = {};
  const methods = {
    getItem: (key: string) => kept[key] ?? null,
    setItem: (key: string, value: string) => void (kept[key] = value),
    removeItem: (key: string) => void Reflect.deleteProperty(kept, key),
  };
  for (const [name, value] of Object.entries(methods)) Object.defineProperty(kept, name, { value });
  return kept as unknown as Storage;
}

const kept: Fields = { title: '停水', content: '' };

describe('the copy of what is typed', () => {
  it('survives the page, and says what differs from what was kept', () => {
    const memory = store();
    new Mirror<Fields>(memory, 'a').put({ title: '停水', content: '三天' }, 7);
    const after = new Mirror<Fields>(memory, 'a');
    expect(after.left(kept)).toEqual({ version: 7, edits: { content: '三天' } });
    expect(new Mirror<Fields>(memory, 'b').left(kept)).toBeNull();
  });
  it('is gone once all is kept, by this page or by its last breath', () => {
    const memory = store();
    const mirror = new Mirror<Fields>(memory, 'a');
    mirror.put({ title: '停水' }, 7);
    expect([mirror.left(kept), Object.keys(memory)]).toEqual([null, []]);
    mirror.put({ content: '三天' }, 7);
    mirror.put({}, 8);
    expect(Object.keys(memory)).toEqual([]);
  });
  it('is no reason to fail, whatever stands in its place', () => {
    const memory = store();
    memory.setItem('a', '{');
    expect(new Mirror<Fields>(memory, 'a').left(kept)).toBeNull();
    const full = {
      ...store(),
      setItem: () => {
        throw new Error('full');
      },
      getItem: () => null,
      removeItem: () => undefined,
    };
    expect(() => new Mirror<Fields>(full, 'a').put({ title: '一' }, 1)).not.toThrow();
  });
  it('does not outlive a sign-out', () => {
    const memory = store();
    new Mirror<Fields>(memory, mirrorKey('operator1', '20261122000001')).put({ title: '一' }, 1);
    memory.setItem('minsheng.locale', 'en');
    forgetAll(memory);
    expect(Object.keys(memory)).toEqual(['minsheng.locale']);
  });
});

describe('news of a ticket in its form', () => {
  const loaded: Fields = { title: '智能标题', content: '智能内容' };
  it('stands below what was typed', () => {
    expect(overlay(loaded, { title: '手写' }, new Set())).toEqual({ title: '手写', content: '智能内容' });
  });
  it('leaves the field with the cursor alone, typed in or not yet', () => {
    expect(overlay(loaded, {}, new Set(['title']))).toEqual({ content: '智能内容' });
    expect(overlay(loaded, { title: 'ting' }, new Set(['title']))).toEqual({ content: '智能内容' });
  });
});
