// The detail of an event is whatever its writer put there: shown as short labelled values, never as raw JSON.
import { listed, nameOf, t } from '@/i18n';
import { sayLimit } from './limits';
import { dateTime, duration } from './time';

export interface Fact {
  label: string;
  value: string;
}

// Codes and internals that repeat what stands beside them in words, or elsewhere on the page.
const hidden = new Set([
  'unit_code',
  'operator_name',
  'frames_lost',
  'call_id',
  'started_at',
  'answered_at',
  'status',
  'bytes',
  'mime',
  'words',
  'unit_reason',
  'place_code',
  'parent_code',
  'path',
  'sha256',
  'quality',
  'version',
]);

/** Replies of units, contacts with citizens and calls have outcomes; a word that several know means the same. */
const outcomes = ['outcome', 'outcomeReply', 'contactResult'] as const;

/** In which groups a word may be found; one that none of them knows is somebody's own text. */
const groupsOf: Record<string, string | readonly string[]> = {
  state: 'state',
  from: ['state', 'detail.from'],
  to: ['state', 'service'],
  what: 'proposal',
  reason: 'rejection',
  verdict: 'verdict',
  level: 'level',
  band: 'band',
  kind: 'kind',
  outcome: outcomes,
  cause: 'cause',
  caller_kind: 'callerKind',
  satisfaction: 'survey.score',
  source: 'ticket.source',
  result: outcomes,
  fields: 'detail',
  events: 'timeline',
  step: 'action',
  purpose: 'call.purpose',
  direction: 'call.direction',
  side: 'side',
  by: 'call.endedBy',
  form: 'supervisionForm',
};

function named(groups: string | readonly string[], text: string): string {
  const names = [groups].flat().map((group) => nameOf(group, text));
  return names.find((name) => name !== text) ?? text;
}

/** What was looked at, each with how it was found. */
function checks(marks: object): string {
  return listed(Object.entries(marks).map(([item, good]) => `${nameOf('check', item)} ${good ? '✓' : '✗'}`));
}

function one(key: string, value: unknown): string {
  if (typeof value === 'boolean') return t(value ? 'common.yes' : 'common.no');
  if (Array.isArray(value)) return listed(value.map((v) => one(key, v)));
  if (key === 'checklist' && typeof value === 'object' && value) return checks(value);
  if (typeof value === 'object' && value) {
    const named = value as {
      name?: unknown;
      title?: unknown;
      level1?: unknown;
      level3?: unknown;
      from_ms?: unknown;
    };
    if ('from_ms' in named) return 'text' in value && value.text ? String(value.text) : t('call.recorded');
    if (named.level1) return String(named.level3 ?? named.level1);
    if (typeof named.title === 'string') return named.title;
    return typeof named.name === 'string'
      ? named.name
      : describe(value)
          .map((fact) => `${fact.label} ${fact.value}`)
          .join('，');
  }
  if ((key === 'ms' || key === 'duration_ms') && typeof value === 'number') return duration(value);
  const text = String(value);
  if (key === 'limit') return sayLimit(text);
  if (key.endsWith('at') && /^\d{4}-\d\d-\d\dT/.test(text)) return dateTime(text);
  const groups = groupsOf[key];
  return groups ? named(groups, text) : text;
}

function isEmpty(value: unknown): boolean {
  return value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0);
}

/** What the page knows by code: of an operator where the event itself does not say, of a class, of a queue. */
export interface Names {
  person: (username: string) => string;
  className: (code: string) => string;
  queue: (name: string) => string;
}
const codes: Names = { person: String, className: String, queue: String };

export function describe(detail: unknown, known: Partial<Names> = {}): Fact[] {
  const names = { ...codes, ...known };
  if (detail === null || detail === undefined || detail === '') return [];
  if (typeof detail !== 'object') return [{ label: '', value: String(detail) }];
  const isOperator = 'side' in detail && detail.side === 'operator';
  const operator = (username: string): string =>
    'operator_name' in detail ? String(detail.operator_name) : names.person(username);
  const told = (key: string, value: unknown): string => {
    if (key === 'operator' || (key === 'party' && isOperator)) return operator(String(value));
    if (key === 'named' && Array.isArray(value))
      return listed(value.map((name) => names.person(String(name))));
    if (key === 'class_code') return names.className(String(value));
    return key === 'queue' ? names.queue(String(value)) : one(key, value);
  };
  // A step of a flow that has a title is known by it.
  const repeats = (key: string): boolean => key === 'node' && 'title' in detail && !isEmpty(detail.title);
  return Object.entries(detail)
    .filter(([key, value]) => !hidden.has(key) && !isEmpty(value) && !repeats(key))
    .map(([key, value]) => ({ label: nameOf('detail', key), value: told(key, value) }));
}
