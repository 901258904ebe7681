import { describe, expect, it } from 'vitest';
import type { MenuFlow, MenuNode } from '@/api/types';
import {
  faultsByNode,
  fieldsOf,
  freshNode,
  layout,
  openWays,
  placed,
  readingOrder,
  waysOf,
  withLayout,
  withWay,
} from '@/logic/menu';

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
      { node: 'main', field: 'nodes.main.default', message: 'x' },
      { node: 'unknown', field: 'nodes.unknown.next', message: 'y' },
      { node: '', field: 'start', message: 'z' },
    ]);
    expect([faults.main?.length, faults['']?.length]).toEqual([1, 2]);
  });
  it('offers the fields of the type and keeps what else a step carries', () => {
    expect(fieldsOf({ type: 'hangup', title: 'x', prompts: [], odd: 1 })).toEqual(['prompts', 'odd']);
  });
  it('has lines drawn to and taken from keys, tests and plain ways', () => {
    const menu = flow.nodes.main as MenuNode;
    expect(withWay(menu, 'choices:7', 'lost').choices).toEqual({ 1: 'hrss', 0: 'general', 7: 'lost' });
    expect(withWay(menu, 'choices:1', null).choices).toEqual({ 0: 'general' });
    expect(withWay(menu, 'default', 'lost').default).toBe('lost');
    expect('default' in withWay(menu, 'default', null)).toBe(false);
    expect(flow.nodes.main).toEqual(menu);
  });
  it('shows the ways that lead nowhere yet', () => {
    expect(openWays({ type: 'caller', tests: { vip: 'q' } }).map((way) => [way.field, way.target])).toEqual([
      ['tests', 'q'],
      ['otherwise', ''],
    ]);
  });
  it('is laid out in columns from its start, without two steps in one place', () => {
    const places = layout(flow);
    const x = ['hours', 'main', 'hrss'].map((name) => places[name]?.x ?? -1);
    expect(x).toEqual([...x].sort((a, b) => a - b));
    expect(new Set(x).size).toBe(3);
    expect(places.lost?.y).toBeGreaterThan(places.general?.y ?? Infinity);
    const spots = Object.values(places).map(({ x, y }) => `${x},${y}`);
    expect(new Set(spots).size).toBe(Object.keys(flow.nodes).length);
  });
  it('keeps the places somebody chose for the steps that there are, and none where nobody chose', () => {
    const at = placed({ x: 10.4, y: -7.6 });
    expect(at).toEqual({ x: 10, y: -8 });
    const drawn = withLayout(flow, { main: at, gone: at });
    expect(drawn.layout).toEqual({ main: at });
    expect('layout' in withLayout(drawn, {})).toBe(false);
    expect(flow.layout).toBeUndefined();
  });
  it('begins a step with what its type needs', () => {
    expect(freshNode('digits')).toEqual({
      type: 'digits',
      prompts: [],
      timeout_seconds: 5,
      tries: 2,
      min: 6,
      max: 18,
      key: 'digits',
    });
  });
});
