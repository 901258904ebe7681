// The detail of an event is whatever its writer put there: shown as short labelled values, never as raw JSON.
import { nameOf, t } from '@/i18n';
import { dateTime } from './time';

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
  'path',
  'sha256',
  'quality',
  'version',
]);

const groupOfKey: Record<string, string> = {
  state: 'state',
  from: 'state',
  to: 'state',
  band: 'band',
  outcome: 'outcome',
  cause: 'cause',
  caller_kind: 'callerKind',
  satisfaction: 'survey.score',
  source: 'ticket.source',
  result: 'outcome',
  fields: 'detail',
  step: 'action',
  purpose: 'call.purpose',
  direction: 'call.direction',
  side: 'side',
  by: 'call.endedBy',
  form: 'supervisionForm',
};

/** Both replies of units and calls have an outcome; no word is in both. */
function named(group: string, text: string): string {
  const name = nameOf(group, text);
  return group === 'outcome' && name === text ? nameOf('outcomeReply', text) : name;
}

function one(key: string, value: unknown): string {
  if (typeof value === 'boolean') return t(value ? 'common.yes' : 'common.no');
  if (Array.isArray(value)) return value.map((v) => one(key, v)).join('、');
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
  const text = String(value);
  if (key.endsWith('at') && /^\d{4}-\d\d-\d\dT/.test(text)) return dateTime(text);
  const group = groupOfKey[key];
  return group ? named(group, text) : text;
}

/** `person` tells the name of an operator where the event itself does not. */
export function describe(detail: unknown, person: (username: string) => string = String): Fact[] {
  if (detail === null || detail === undefined || detail === '') return [];
  if (typeof detail !== 'object') return [{ label: '', value: String(detail) }];
  const isOperator = 'side' in detail && detail.side === 'operator';
  const operator = (username: string): string =>
    'operator_name' in detail ? String(detail.operator_name) : person(username);
  return Object.entries(detail)
    .filter(([key]) => !hidden.has(key))
    .filter(([, value]) => value !== null && value !== '' && !(Array.isArray(value) && value.length === 0))
    .map(([key, value]) => ({
      label: nameOf('detail', key),
      value:
        key === 'operator' || (key === 'party' && isOperator) ? operator(String(value)) : one(key, value),
    }));
}
