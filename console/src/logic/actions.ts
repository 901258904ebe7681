// What each step of a ticket asks of the person who takes it. What may be done is the daemon's to say.
import type { Ticket, TicketState } from '@/api/types';
import type { TextKey } from '@/i18n';
import { channelsOf, extensions, parentsOf, rules } from './phrases';
import { replyOutcomes } from './states';

export type FieldKind =
  | 'text'
  | 'area'
  | 'limit'
  | 'article'
  | 'unit'
  | 'units'
  | 'choice'
  | 'flag'
  | 'date'
  | 'time'
  | 'names'
  | 'people'
  | 'checklist'
  | 'files';

export interface ActionField {
  name: string;
  kind: FieldKind;
  label: TextKey;
  required?: boolean;
  /** Of a choice: its words, and the group that names them. */
  options?: readonly string[];
  group?: string;
  /** Of a text: what a button fills in. */
  phrases?: (form: ActionForm, ticket: Ticket) => readonly string[];
  /** Shown and sent only then. */
  when?: (form: ActionForm, ticket: Ticket) => boolean;
}

export type FieldValue = string | boolean | string[] | Record<string, boolean> | null;
export type ActionForm = Record<string, FieldValue>;

export const checklist: readonly string[] = ['contact', 'process', 'basis', 'on_topic', 'original'];
const contactResults = ['reached', 'no_answer', 'refused', 'wrong_number'] as const;
const levels = ['1', '2', '3', '4', '5'] as const;

const note: ActionField = { name: 'note', kind: 'area', label: 'field.note' };
const ground: ActionField = { name: 'ground', kind: 'area', label: 'field.ground' };
const files: ActionField = { name: 'attachments', kind: 'files', label: 'field.attachments' };
const reason: ActionField = { name: 'reason', kind: 'area', label: 'field.reason', required: true };
const must = (field: ActionField): ActionField => ({ ...field, required: true });
const reached = (form: ActionForm): boolean => form.reached === true;
// A unit's reply is passed, not answered from an article.
const onTheSpot = (_: ActionForm, ticket: Ticket): boolean => ticket.state !== 'replied';
const unheard = (_: ActionForm, ticket: Ticket): boolean =>
  !ticket.contacts.some((one) => one.result !== 'wrong_number');
// The lead unit's return stops everything and needs no name.
const ofHelper = (_: ActionForm, ticket: Ticket): boolean => ticket.state !== 'returned';
const whoseReturn: ActionField = {
  name: 'unit_code',
  kind: 'unit',
  label: 'field.whoseReturn',
  required: true,
  when: ofHelper,
};

/** Of the units that ask to be let go, the one that asked first. */
export function firstLeaving(ticket: Ticket): string {
  const leaving = ticket.assignments.filter((one) => one.state === 'leaving').map((one) => one.unit.code);
  return (
    ticket.returns.find((one) => one.approved === null && leaving.includes(one.unit_code))?.unit_code ?? ''
  );
}

function contact(prefix: string, when?: ActionField['when']): ActionField[] {
  return [
    { name: `${prefix}at`, kind: 'time', label: 'field.contact_at', required: true, when },
    { name: `${prefix}number`, kind: 'text', label: 'field.contact_number', required: true, when },
    {
      name: `${prefix}result`,
      kind: 'choice',
      label: 'field.contact_result',
      required: true,
      options: contactResults,
      group: 'contactResult',
      when,
    },
  ];
}

/** Steps without an entry need no more than a yes. */
export const actionFields: Record<string, ActionField[]> = {
  ask: [{ name: 'missing', kind: 'area', label: 'field.missing', required: true }],
  supplement: [must(note)],
  direct: [{ name: 'article_id', kind: 'article', label: 'field.article_id' }],
  reject: [
    {
      name: 'reason',
      kind: 'choice',
      label: 'field.reject_reason',
      required: true,
      options: ['N1', 'N2', 'N3', 'N4', 'N5', 'N6', 'N7', 'N8'],
      group: 'rejection',
    },
    { name: 'channel', kind: 'area', label: 'field.channel', required: true, phrases: channelsOf },
  ],
  transfer: [
    {
      name: 'to',
      kind: 'choice',
      label: 'field.to',
      required: true,
      options: ['110', '119', '120', '122', 'other'],
      group: 'service',
    },
    must(note),
  ],
  merge: [
    {
      name: 'parent',
      kind: 'text',
      label: 'field.parent',
      required: true,
      phrases: (_, ticket) => parentsOf(ticket).map((one) => one.number),
    },
    must(ground),
  ],
  dispatch: [
    { name: 'unit_code', kind: 'unit', label: 'action.unit', required: true },
    { name: 'co_units', kind: 'units', label: 'field.co_units' },
    { name: 'basis', kind: 'text', label: 'field.rule', phrases: () => rules },
    { name: 'note', kind: 'area', label: 'action.dispatchNote' },
  ],
  hold: [{ name: 'reason', kind: 'area', label: 'field.reason' }],
  contact: [...contact(''), note, files],
  progress: [{ name: 'text', kind: 'area', label: 'field.progress', required: true }, files],
  subdispatch: [{ name: 'unit_code', kind: 'unit', label: 'action.unit', required: true }, note],
  return: [
    reason,
    { name: 'basis', kind: 'text', label: 'field.basis', required: true },
    { name: 'suggested_unit', kind: 'unit', label: 'field.suggested_unit', required: true },
    files,
  ],
  extend: [
    { name: 'limit', kind: 'limit', label: 'field.limit', required: true, phrases: () => extensions },
    reason,
    files,
  ],
  suspend: [
    {
      name: 'cause',
      kind: 'choice',
      label: 'field.cause',
      required: true,
      options: ['legal', 'season', 'plan'],
      group: 'cause',
    },
    reason,
    { name: 'resume_at', kind: 'time', label: 'field.resume_at', required: true },
    files,
  ],
  resume: [note],
  reply: [
    {
      name: 'outcome',
      kind: 'choice',
      label: 'action.outcome',
      required: true,
      options: replyOutcomes,
      group: 'outcomeReply',
    },
    {
      name: 'planned_for',
      kind: 'date',
      label: 'field.planned_for',
      required: true,
      when: (form) => form.outcome === 'planned',
    },
    { name: 'text', kind: 'area', label: 'action.text', required: true },
    { name: 'public_text', kind: 'area', label: 'action.publicText' },
    { name: 'basis', kind: 'text', label: 'field.basis' },
    ...contact('contact.', unheard),
    files,
  ],
  approve_return: [must(ground), whoseReturn],
  reject_return: [must(ground), whoseReturn],
  dispute: [reason],
  meet: [
    { name: 'at', kind: 'time', label: 'field.at', required: true },
    { name: 'participants', kind: 'names', label: 'field.participants', required: true },
    { name: 'minutes', kind: 'area', label: 'field.minutes', required: true },
  ],
  decide: [
    { name: 'unit_code', kind: 'unit', label: 'action.unit', required: true },
    { name: 'basis', kind: 'area', label: 'field.basis', required: true, phrases: () => rules },
    { name: 'decision', kind: 'area', label: 'field.decision', required: true },
  ],
  review: [
    { name: 'passed', kind: 'flag', label: 'field.passed', required: true, group: 'passed' },
    { name: 'checklist', kind: 'checklist', label: 'field.checklist' },
    ground,
  ],
  callback: [
    { name: 'reached', kind: 'flag', label: 'field.reached', required: true, group: 'yesno' },
    {
      name: 'contacted',
      kind: 'flag',
      label: 'survey.contacted',
      required: true,
      group: 'yesno',
      when: reached,
    },
    { name: 'solved', kind: 'flag', label: 'field.solved', required: true, group: 'yesno', when: reached },
    {
      name: 'satisfaction',
      kind: 'choice',
      label: 'field.satisfaction',
      required: true,
      options: ['5', '4', '3', '2', '1'],
      group: 'survey.score',
      when: reached,
    },
    note,
  ],
  judge: [
    {
      name: 'verdict',
      kind: 'choice',
      label: 'field.verdict',
      required: true,
      options: ['redo', 'again', 'supervise', 'close'],
      group: 'verdict',
    },
    must(ground),
    {
      name: 'level',
      kind: 'choice',
      label: 'field.level',
      // From level 3 on somebody above gives the order, whose name is asked for when it is opened (督办).
      options: ['1', '2'],
      group: 'level',
      when: (form) => form.verdict === 'supervise',
    },
    {
      name: 'exclude',
      kind: 'text',
      label: 'field.exclude',
      when: (form) => form.verdict === 'close',
    },
  ],
  approve: [ground],
  refuse: [must(ground)],
  supervise: [
    { name: 'level', kind: 'choice', label: 'field.level', required: true, options: levels, group: 'level' },
    { name: 'instruction', kind: 'area', label: 'field.instruction', required: true },
    { name: 'leader', kind: 'text', label: 'field.leader' },
    { name: 'instructed_at', kind: 'time', label: 'field.instructedAt', when: (form) => !!form.leader },
    { name: 'reason', kind: 'text', label: 'field.superviseReason' },
    {
      name: 'form',
      kind: 'choice',
      label: 'field.form',
      options: ['card', 'sheet'],
      group: 'supervisionForm',
    },
  ],
  discharge: [must(ground)],
  close: [
    { name: 'article_id', kind: 'article', label: 'field.article_id', when: onTheSpot },
    { name: 'note', kind: 'area', label: 'action.note' },
  ],
  reopen: [
    { name: 'reason', kind: 'area', label: 'action.reason', required: true },
    { name: 'repeat', kind: 'text', label: 'field.repeat' },
  ],
  void: [reason],
  protect: [reason, { name: 'named', kind: 'people', label: 'field.named' }],
  unprotect: [reason],
};

/** The steps that are offered as such. A reply is not passed beside the reviewer's checklist (S0-45); to fill in is to type. */
export const stepsOf = (actions: readonly string[]): string[] =>
  actions.filter((action) => action !== 'fill' && !(action === 'close' && actions.includes('review')));

/** Steps of which one yes is enough. */
export const confirmed: Record<string, TextKey> = {
  accept: 'action.acceptAsk',
  sign: 'action.signAsk',
};

const main = new Set(['accept', 'dispatch', 'sign', 'reply', 'review', 'judge', 'approve']);

/** The way most tickets go from here. To close one is that only where it is answered here. */
export const isMain = (action: string, state: TicketState | undefined): boolean =>
  action === 'close' ? state === 'direct' : main.has(action);

const numbers = new Set(['level', 'satisfaction', 'article_id']);

export function shownFields(action: string, form: ActionForm, ticket: Ticket): ActionField[] {
  return (actionFields[action] ?? []).filter((field) => !field.when || field.when(form, ticket));
}

export function isFilled(value: FieldValue | undefined): boolean {
  if (typeof value === 'string') return value.trim() !== '';
  if (Array.isArray(value)) return value.length > 0;
  return value !== null && value !== undefined;
}

/** The form as the daemon reads it: empty fields left out, `a.b` inside `a`. */
export function bodyOf(fields: readonly ActionField[], form: ActionForm): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  for (const field of fields) {
    const value = form[field.name];
    if (!isFilled(value)) continue;
    const [outer, inner] = field.name.split('.') as [string, string | undefined];
    const sent = numbers.has(field.name) ? Number(value) : value;
    if (!inner) body[outer] = sent;
    else body[outer] = { ...(body[outer] as object | undefined), [inner]: sent };
  }
  return body;
}
