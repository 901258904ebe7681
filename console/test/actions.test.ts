import { describe, expect, it } from 'vitest';
import type { Ticket } from '@/api/types';
import { actionFields, bodyOf, isFilled, isMain, shownFields, stepsOf } from '@/logic/actions';

const ticket = (contacts: unknown[]): Ticket => ({ contacts }) as unknown as Ticket;

describe('steps of a ticket', () => {
  it('asks a reply for the contact only while none is on the ticket', () => {
    const names = (contacts: unknown[]) =>
      shownFields('reply', { outcome: 'solved' }, ticket(contacts)).map((field) => field.name);
    expect(names([])).toContain('contact.number');
    expect(names([{}])).not.toContain('contact.number');
    expect(names([{}])).not.toContain('planned_for');
  });

  it('puts nested fields inside and numbers as numbers, and leaves empty ones out', () => {
    const form = {
      outcome: 'planned',
      text: '办',
      public_text: ' ',
      'contact.number': '1',
      'contact.result': 'reached',
    };
    const body = bodyOf(shownFields('reply', form, ticket([])), form);
    expect(body).toEqual({ outcome: 'planned', text: '办', contact: { number: '1', result: 'reached' } });
    const level = { level: '3', instruction: '限期', leader: '' };
    expect(bodyOf(shownFields('supervise', level, ticket([])), level)).toEqual({
      level: 3,
      instruction: '限期',
    });
  });

  it('offers an article only for what is answered on the spot, and sends its number', () => {
    const names = (state: string) => shownFields('close', {}, { state } as Ticket).map((field) => field.name);
    expect(names('pending')).toEqual(['article_id', 'note']);
    expect(names('replied')).toEqual(['note']);
    expect(bodyOf(actionFields.close ?? [], { article_id: '7', note: '十二月底' })).toEqual({
      article_id: 7,
      note: '十二月底',
    });
  });

  it('offers the lawful channels of the reason that was chosen, and none before', () => {
    const channel = (actionFields.reject ?? []).find((field) => field.name === 'channel');
    expect(channel?.phrases?.({}, ticket([]))).toEqual([]);
    expect(channel?.phrases?.({ reason: 'N2' }, ticket([])).join()).toContain('12388');
    expect(channel?.phrases?.({ reason: 'N1' }, ticket([]))).toHaveLength(1);
  });

  it('passes a reply by its review alone', () => {
    expect(stepsOf(['fill', 'review', 'close', 'supervise'])).toEqual(['review', 'supervise']);
    expect(stepsOf(['fill', 'dispatch', 'close'])).toEqual(['dispatch', 'close']);
  });

  it('closes as the main way only what is answered here', () => {
    expect(isMain('dispatch', 'accepted')).toBe(true);
    expect(isMain('close', 'accepted')).toBe(false);
    expect(isMain('close', 'direct')).toBe(true);
  });

  it('takes a no for an answer', () => {
    expect(isFilled(false)).toBe(true);
    expect(isFilled(null)).toBe(false);
    expect(bodyOf(actionFields.callback ?? [], { reached: false })).toEqual({ reached: false });
  });

  it('offers open tickets of the same matter to merge into, the likeliest first and each once', () => {
    const one = (number: string, state = 'handling') => ({ number, state, title: number });
    const own = {
      number: '1',
      related: [one('3'), one('4', 'closed'), one('1')],
      history: { calls: [], tickets: [one('2'), one('3')] },
    };
    const parent = actionFields.merge?.find((field) => field.name === 'parent');
    expect(parent?.phrases?.({}, own as unknown as Ticket)).toEqual(['3', '2']);
  });
});
