// What the daemon suggests for a ticket, field by field, and where in the conversation it was heard. Pure.
import type { Segment, Suggestion, TicketFields } from '@/api/types';
import { nameOf, type TextKey } from '@/i18n';

export interface SuggestedField {
  field: string;
  text: TextKey;
  shown: string;
  changes: Partial<TicketFields>;
}

/** filled: the daemon put it into the empty field, and nobody has looked at it yet. */
export type Verdict = 'open' | 'filled' | 'taken' | 'changed' | 'ignored';

/** What a person decided about the suggestions of one ticket; each is known by its field and its words. */
export interface Decisions {
  taken: ReadonlySet<string>;
  ignored: ReadonlySet<string>;
}

export const undecided: Decisions = { taken: new Set(), ignored: new Set() };

export function suggestedFields(s: Suggestion | null): SuggestedField[] {
  if (!s) return [];
  const found: SuggestedField[] = [];
  const add = (field: string, text: TextKey, shown: string, changes: Partial<TicketFields>) =>
    found.push({ field, text, shown, changes });
  if (s.title) add('title', 'ticket.caption', s.title, { title: s.title });
  if (s.kind) add('kind', 'ticket.kind', nameOf('kind', s.kind), { kind: s.kind });
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

// A place typed by hand has no code; its name tells whether it was taken.
function compared(line: SuggestedField): [keyof TicketFields, string][] {
  return Object.entries(line.changes).filter(([field]) => field !== 'place_code') as [
    keyof TicketFields,
    string,
  ][];
}

/** What is decided is about the words, not the field: another suggestion for it is asked about again. */
const nameOfLine = (line: SuggestedField): string => [line.field, ...Object.values(line.changes)].join(':');

/** The field holds just what is suggested. */
export const agrees = (line: SuggestedField, form: Partial<TicketFields>): boolean =>
  compared(line).every(([field, value]) => form[field] === value);

export function verdictOf(
  line: SuggestedField,
  form: Partial<TicketFields>,
  { taken, ignored }: Decisions,
): Verdict {
  if (ignored.has(nameOfLine(line))) return 'ignored';
  if (agrees(line, form)) return taken.has(nameOfLine(line)) ? 'taken' : 'filled';
  return compared(line).some(([field]) => form[field]) ? 'changed' : 'open';
}

export function decide(before: Decisions, line: SuggestedField, verdict: 'taken' | 'ignored'): Decisions {
  const other = verdict === 'taken' ? 'ignored' : 'taken';
  const name = nameOfLine(line);
  const without = new Set([...before[other]].filter((one) => one !== name));
  return { ...before, [verdict]: new Set([...before[verdict], name]), [other]: without };
}

/** What ignoring does to the form: words nobody wants do not stay because they came first. What was typed stays. */
export function emptied(line: SuggestedField, form: Partial<TicketFields>): Partial<TicketFields> {
  if (!agrees(line, form)) return {};
  return Object.fromEntries(Object.keys(line.changes).map((field) => [field, '']));
}

export interface Piece {
  text: string;
  field: string | null;
  /** The title was made of it as well. */
  title?: boolean;
}

type Heard = Suggestion['words'][number];

/** Suggestions rest on what the citizen said; a sentence is heard from its own beginning to the next one's at the latest. */
function isOf(word: Heard, segment: Pick<Segment, 'side' | 'start_ms' | 'end_ms'>): boolean {
  if (segment.side !== 'citizen') return false;
  return word.start_ms >= segment.start_ms && word.start_ms < Math.max(segment.end_ms, segment.start_ms + 1);
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

/** One sentence, cut so that the words a suggestion rests on stand alone. */
export function highlight(segment: Segment, words: readonly Heard[]): Piece[] {
  const mine = words.filter((word) => isOf(word, segment));
  const owner = owners(
    segment.text,
    mine.filter((word) => word.field !== 'title'),
  );
  // A title is made of the words of other fields: they keep their own mark.
  const titled = owners(
    segment.text,
    mine.filter((word) => word.field === 'title'),
  );
  const pieces: Piece[] = [];
  [...segment.text].reduce((at, letter) => {
    const title = titled[at] != null || undefined;
    const field = owner[at] ?? titled[at] ?? null;
    const last = pieces.at(-1);
    if (last && last.field === field && last.title === title) last.text += letter;
    else pieces.push({ text: letter, field, title });
    return at + letter.length;
  }, 0);
  return pieces;
}
