import { describe, expect, it } from 'vitest';
import type { MenuFlow } from '@/api/types';
import { faultsByNode, fieldsOf, readingOrder, waysOf } from '@/logic/menu';

const flow: MenuFlow = {
  start: 'hours',
  nodes: {
    lost: { type: 'hangup', prompts: ['goodbye'] },
    general: { type: 'queue', queue: 'general', overflow: 'hours' },
    main: { type: 'menu', prompts: ['menu-main'], choices: { 1: 'hrss', 0: 'general' }, default: 'general' },
    hours: { type: 'schedule', schedule: 'service', open: 'main', closed: 'general' },
    hrss: { type: 'queue', queue: 'hrss', overflow: 'general' },
  },
};

describe('a menu flow', () => {
  it('is read from its start, each step once, loops included', () => {
    expect(readingOrder(flow)).toEqual({
      reached: ['hours', 'main', 'general', 'hrss'],
      unreached: ['lost'],
    });
  });
  it('is read although a way leads nowhere', () => {
    expect(readingOrder({ start: 'gone', nodes: {} })).toEqual({ reached: [], unreached: [] });
  });
  it('names the keys and the plain ways out of a step', () => {
    expect(waysOf({ type: 'ask', choices: { 1: 'a' }, none: 'b' })).toEqual([
      { field: 'choices', key: '1', target: 'a' },
      { field: 'none', key: null, target: 'b' },
    ]);
  });
  it('shows the server’s faults at their step', () => {
    const faults = faultsByNode(flow, [
      { field: 'flow.nodes.main.default', message: 'x' },
      { field: 'nodes.unknown.next', message: 'y' },
      { field: 'start', message: 'z' },
    ]);
    expect([faults.main?.length, faults['']?.length]).toEqual([1, 2]);
  });
  it('offers the fields of the type and keeps what else a step carries', () => {
    expect(fieldsOf({ type: 'hangup', prompts: [], odd: 1 })).toEqual(['prompts', 'odd']);
  });
});
