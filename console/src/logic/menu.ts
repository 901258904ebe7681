// Reading a menu flow as a person does: from its start, each step once, with the ways that lead on.
import type { FlowFault } from '@/api/flow-types';
import type { MenuFlow, MenuNode, NodeValue, Place } from '@/api/types';

export interface Way {
  field: string;
  key: string | null;
  target: string;
}

const wayFields = ['next', 'open', 'closed', 'default', 'none', 'overflow', 'otherwise', 'failed'] as const;
const mapFields = ['choices', 'tests'] as const;

export function waysOf(node: MenuNode): Way[] {
  const keys = mapFields.flatMap((field) =>
    Object.entries((node[field] ?? {}) as Record<string, string>).map(([key, target]) => ({
      field,
      key,
      target,
    })),
  );
  const plain = wayFields
    .filter((field) => typeof node[field] === 'string' && node[field] !== '')
    .map((field) => ({ field, key: null, target: node[field] as string }));
  return [...keys, ...plain];
}

/** Names of the nodes, those reachable first in breadth-first order, then the rest. */
export function readingOrder(flow: MenuFlow): { reached: string[]; unreached: string[] } {
  const reached: string[] = [];
  const seen = new Set<string>([flow.start]);
  const next = [flow.start];
  for (let name = next.shift(); name !== undefined; name = next.shift()) {
    const node = flow.nodes[name];
    if (!node) continue;
    reached.push(name);
    for (const way of waysOf(node)) {
      if (!seen.has(way.target)) {
        seen.add(way.target);
        next.push(way.target);
      }
    }
  }
  return { reached, unreached: Object.keys(flow.nodes).filter((name) => !reached.includes(name)) };
}

/** The daemon's faults by node; those of the flow as a whole, or of a node that is gone by now, are under ''. */
export function faultsByNode(flow: MenuFlow, faults: readonly FlowFault[]): Record<string, FlowFault[]> {
  const found: Record<string, FlowFault[]> = {};
  for (const fault of faults) (found[fault.node in flow.nodes ? fault.node : ''] ??= []).push(fault);
  return found;
}

/** Where a line drawn from a node begins: its field, with the key where the field has several. */
export const handleOf = (field: string, key: string | null): string =>
  key === null ? field : `${field}:${key}`;

/** The node with one way changed; without a target the way is taken away. */
export function withWay(node: MenuNode, handle: string, target: string | null): MenuNode {
  const [field = '', key] = handle.split(':');
  const changed: MenuNode = { ...node };
  if (key === undefined) {
    if (target === null) Reflect.deleteProperty(changed, field);
    else changed[field] = target;
    return changed;
  }
  const ways = { ...(node[field] as Record<string, string>) };
  if (target === null) Reflect.deleteProperty(ways, key);
  else ways[key] = target;
  changed[field] = ways;
  return changed;
}

/** All ways a node of its type has, those that lead nowhere yet too. */
export function openWays(node: MenuNode): Way[] {
  const led = waysOf(node);
  const missing = fieldsOf(node).filter((field) => isWay(field) && !led.some((way) => way.field === field));
  return [...led, ...missing.map((field) => ({ field, key: null, target: '' }))];
}

/** A place for each node: columns by the number of steps from the start, in reading order; what nobody reaches below. */
export function layout(flow: MenuFlow): Record<string, { x: number; y: number }> {
  const depth: Record<string, number> = { [flow.start]: 0 };
  const { reached, unreached } = readingOrder(flow);
  for (const name of reached) {
    for (const way of waysOf(flow.nodes[name] as MenuNode)) depth[way.target] ??= (depth[name] ?? 0) + 1;
  }
  const filled: number[] = [];
  const places: Record<string, { x: number; y: number }> = {};
  const place = (name: string, column: number): void => {
    const y = filled[column] ?? 0;
    places[name] = { x: column * COLUMN, y };
    filled[column] = y + HEAD + ROW * openWays(flow.nodes[name] as MenuNode).length + GAP;
  };
  for (const name of reached) place(name, depth[name] ?? 0);
  const below = Math.max(0, ...filled);
  unreached.forEach((name, index) => {
    filled[index] = below;
    place(name, index);
  });
  return places;
}

/** The places that somebody chose, for the nodes that there are; without any the flow carries none. */
export function withLayout(flow: MenuFlow, layout: Record<string, Place>): MenuFlow {
  const kept = Object.entries(layout).filter(([name]) => name in flow.nodes);
  const next = { ...flow };
  Reflect.deleteProperty(next, 'layout');
  return kept.length ? { ...next, layout: Object.fromEntries(kept) } : next;
}

/** Where a node is drawn: whole numbers, so that the file stays readable. */
export const placed = (at: Place): Place => ({ x: Math.round(at.x), y: Math.round(at.y) });

const COLUMN = 280;
const HEAD = 64;
const ROW = 24;
const GAP = 36;

const fieldsOfType: Record<string, string[]> = {
  greet: ['prompts', 'next'],
  schedule: ['schedule', 'open', 'closed'],
  caller: ['tests', 'otherwise'],
  say: ['prompts', 'interruptible', 'next'],
  menu: ['prompts', 'timeout_seconds', 'tries', 'choices', 'default'],
  queue: ['queue', 'overflow'],
  message: ['prompts', 'key', 'max_seconds', 'silence_seconds', 'next'],
  digits: ['prompts', 'key', 'min', 'max', 'timeout_seconds', 'tries', 'next', 'none'],
  ticket_status: ['digits', 'next', 'none'],
  callback: ['next'],
  transfer: ['number', 'failed'],
  survey: ['prompts', 'key', 'timeout_seconds', 'tries', 'next'],
  ask: ['prompts', 'key', 'digits', 'spoken', 'timeout_seconds', 'tries', 'choices', 'next', 'none'],
  hangup: ['prompts'],
};

export const nodeTypes = Object.keys(fieldsOfType);

/** The fields to show for a node: those of its type, then whatever else it carries. */
export function fieldsOf(node: MenuNode): string[] {
  const own = fieldsOfType[node.type] ?? [];
  const other = Object.keys(node).filter((field) => !['type', 'title', ...own].includes(field));
  return [...own, ...other];
}

export const isMap = (field: string): boolean => (mapFields as readonly string[]).includes(field);

/** What may be known of a caller, in the order in which a test asks for it. */
export const facts = ['blacklist', 'confidential', 'vip', 'elderly', 'open_ticket', 'repeat'] as const;

/** A new node of a type with values that are fine as they are. */
export function freshNode(type: string): MenuNode {
  const usual: Record<string, NodeValue> = {
    prompts: [],
    timeout_seconds: 5,
    tries: 2,
    choices: {},
    tests: {},
    max_seconds: 120,
    silence_seconds: 5,
    min: 6,
    max: 18,
    interruptible: true,
    key: type,
  };
  const own = (fieldsOfType[type] ?? []).filter((field) => field in usual);
  return { type, ...Object.fromEntries(own.map((field) => [field, usual[field]])) };
}

export function isWay(field: string): boolean {
  return (wayFields as readonly string[]).includes(field);
}
