// The detail of an event is whatever its writer put there: shown as short labelled values, never as raw JSON.
import { nameOf, t } from '@/i18n';
import { dateTime } from './time';

export interface Fact {
  label: string;
  value: string;
}

const groupOfKey: Record<string, string> = {
  state: 'state',
  from: 'state',
  to: 'state',
  band: 'band',
  outcome: 'outcomeReply',
  source: 'ticket.source',
  result: 'outcome',
  fields: 'detail',
};

function one(key: string, value: unknown): string {
  if (typeof value === 'boolean') return t(value ? 'common.yes' : 'common.no');
  if (Array.isArray(value)) return value.map((v) => one(key, v)).join('、');
  if (typeof value === 'object' && value) {
    const named = value as { name?: unknown };
    return typeof named.name === 'string'
      ? named.name
      : describe(value)
          .map((fact) => `${fact.label} ${fact.value}`)
          .join('，');
  }
  const text = String(value);
  if (key.endsWith('at') && /^\d{4}-\d\d-\d\dT/.test(text)) return dateTime(text);
  const group = groupOfKey[key];
  return group ? nameOf(group, text) : text;
}

export function describe(detail: unknown): Fact[] {
  if (detail === null || detail === undefined || detail === '') return [];
  if (typeof detail !== 'object') return [{ label: '', value: String(detail) }];
  return Object.entries(detail)
    .filter(([, value]) => value !== null && value !== '' && !(Array.isArray(value) && value.length === 0))
    .map(([key, value]) => ({ label: nameOf('detail', key), value: one(key, value) }));
}
