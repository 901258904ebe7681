// What the daemon suggests for a ticket, field by field, and where in the conversation it was heard. Pure.
import type { Segment, Suggestion, TicketFields } from '@/api/types';
import { nameOf, type TextKey } from '@/i18n';

export interface SuggestedField {
  field: string;
  text: TextKey;
  shown: string;
  changes: Partial<TicketFields>;
}

export type Verdict = 'open' | 'taken' | 'changed' | 'ignored';

export function suggestedFields(s: Suggestion | null): SuggestedField[] {
  if (!s) return [];
  const found: SuggestedField[] = [];
  const add = (field: string, text: TextKey, shown: string, changes: Partial<TicketFields>) =>
    found.push({ field, text, shown, changes });
  if (s.title) add('title', 'ticket.caption', s.title, { title: s.title });
  if (s.kind) add('kind', 'ticket.kind', s.kind, { kind: s.kind });
  if (s.class) {
    const path = [s.class.level1, s.class.level2, s.class.level3].filter(Boolean).join(' / ');
    add('class', 'ticket.class', path, { class_code: s.class.code });
  }
  if (s.band) add('band', 'ticket.band', nameOf('band', s.band), { band: s.band });
  if (s.place) {
    add('place', 'ticket.place', s.place.name, { place: s.place.name, place_code: s.place.code });
  }
  if (s.happened) add('happened', 'ticket.happened', s.happened, { happened: s.happened });
  if (s.affected) add('affected', 'ticket.affected', s.affected, { affected: s.affected });
  return found;
}

// The code of a place is not kept in the form once loaded; its name tells whether it was taken.
function compared(line: SuggestedField): [keyof TicketFields, string][] {
  return Object.entries(line.changes).filter(([field]) => field !== 'place_code') as [
    keyof TicketFields,
    string,
  ][];
}

export function verdictOf(
  line: SuggestedField,
  form: Partial<TicketFields>,
  ignored: ReadonlySet<string>,
): Verdict {
  if (compared(line).every(([field, value]) => form[field] === value)) return 'taken';
  // What was ignored is the words, not the field: another suggestion for it is shown again.
  if (ignored.has(`${line.field}:${line.shown}`)) return 'ignored';
  return compared(line).some(([field]) => form[field]) ? 'changed' : 'open';
}

export interface Piece {
  text: string;
  field: string | null;
}

/** Characters of the text that belong to a field's source words; of overlapping ones the longer wins. */
function owners(text: string, words: readonly { field: string; text: string }[]): (string | null)[] {
  const owner = new Array<string | null>(text.length).fill(null);
  const longestLast = [...words].sort((a, b) => a.text.length - b.text.length);
  for (const word of longestLast) {
    if (!word.text) continue;
    for (let at = text.indexOf(word.text); at >= 0; at = text.indexOf(word.text, at + 1)) {
      owner.fill(word.field, at, at + word.text.length);
    }
  }
  return owner;
}

/** What was said, cut so that the words a suggestion rests on stand alone. */
export function highlight(
  segment: Pick<Segment, 'text'>,
  words: readonly { field: string; text: string }[],
): Piece[] {
  const owner = owners(segment.text, words);
  const pieces: Piece[] = [];
  [...segment.text].reduce((at, letter) => {
    const field = owner[at] ?? null;
    const last = pieces.at(-1);
    if (last && last.field === field) last.text += letter;
    else pieces.push({ text: letter, field });
    return at + letter.length;
  }, 0);
  return pieces;
}
