// Reading a menu flow as a person does: from its start, each step once, with the ways that lead on.
import type { FieldError, MenuFlow, MenuNode } from '@/api/types';

export interface Way {
  field: string;
  key: string | null;
  target: string;
}

const wayFields = ['next', 'open', 'closed', 'default', 'none', 'overflow'] as const;

export function waysOf(node: MenuNode): Way[] {
  const keys = Object.entries((node.choices ?? {}) as Record<string, string>).map(([key, target]) => ({
    field: 'choices',
    key,
    target,
  }));
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

/** The server's faults by node; those that name no node are under ''. */
export function faultsByNode(flow: MenuFlow, errors: readonly FieldError[]): Record<string, FieldError[]> {
  const found: Record<string, FieldError[]> = {};
  for (const error of errors) {
    const [, name = ''] = /nodes[.[/]"?([^.\]/"]+)/.exec(error.field) ?? [];
    const node = name in flow.nodes ? name : error.field in flow.nodes ? error.field : '';
    (found[node] ??= []).push(error);
  }
  return found;
}

const fieldsOfType: Record<string, string[]> = {
  schedule: ['schedule', 'open', 'closed'],
  say: ['prompts', 'interruptible', 'next'],
  menu: ['prompts', 'timeout_seconds', 'tries', 'choices', 'default'],
  queue: ['queue', 'overflow'],
  message: ['prompts', 'key', 'max_seconds', 'silence_seconds', 'next'],
  ask: ['prompts', 'key', 'digits', 'timeout_seconds', 'tries', 'choices', 'next', 'none'],
  hangup: ['prompts'],
};

export const nodeTypes = Object.keys(fieldsOfType);

/** The fields to show for a node: those of its type, then whatever else it carries. */
export function fieldsOf(node: MenuNode): string[] {
  const own = fieldsOfType[node.type] ?? [];
  const other = Object.keys(node).filter((field) => field !== 'type' && !own.includes(field));
  return [...own, ...other];
}

export function isWay(field: string): boolean {
  return (wayFields as readonly string[]).includes(field);
}
