import { computed, onMounted, onScopeDispose, ref, shallowReactive } from 'vue';
import { keyName } from '@/desk/commands';
import {
  decide,
  emptied,
  suggestedFields,
  undecided,
  verdictOf,
  type Decisions,
  type SuggestedField,
  type Verdict,
} from '@/logic/suggest';
import { dialogIsOpen } from './hotkeys';
import type { TicketEditor } from './ticket';

export type DeskSuggestions = ReturnType<typeof useSuggestions>;
export interface Entry extends SuggestedField {
  number: number;
  verdict: Verdict;
}

// By ticket number: another page and back forgets no decision, and another ticket has none.
const decisions = shallowReactive(new Map<string, Decisions>());

const fieldNames: Record<string, string> = { class: 'class_code' };
function focusOn(field: string): void {
  const item = document.querySelector(
    `[data-testid="ticket-form"] [data-field="${fieldNames[field] ?? field}"]`,
  );
  item?.querySelector<HTMLElement>('input, textarea')?.focus();
}

/** The suggestions for the ticket on the desk, each under a number that two keys know: take it, ignore it. */
export function useSuggestions(editor: TicketEditor) {
  const pointed = ref<string | null>(null);
  const number = computed(() => editor.ticket.value?.number ?? '');
  const decided = computed(() => decisions.get(number.value) ?? undecided);
  const entries = computed<Entry[]>(() =>
    suggestedFields(editor.ticket.value?.suggestion ?? null).map((line, index) => ({
      ...line,
      number: index + 1,
      verdict: verdictOf(line, editor.form, decided.value),
    })),
  );
  const words = computed(() => editor.ticket.value?.suggestion?.words ?? []);

  const point = (field: string | null) => void (pointed.value = field);
  // Also where the daemon filled it in already: from now on it is a person's word, which no later suggestion replaces.
  function take(line: SuggestedField): void {
    decisions.set(number.value, decide(decided.value, line, 'taken'));
    editor.change(line.changes);
  }
  function ignore(line: SuggestedField): void {
    decisions.set(number.value, decide(decided.value, line, 'ignored'));
    const changes = emptied(line, editor.form);
    if (Object.keys(changes).length > 0) editor.change(changes);
  }

  function pressed(event: KeyboardEvent): void {
    const [, shift, digit] = /^Alt\+(Shift\+)?([1-9])$/.exec(keyName(event) ?? '') ?? [];
    // In a dialog the same keys choose.
    if (!digit || dialogIsOpen()) return;
    // A browser that changes its tab for a suggestion that is gone would lose the call's page.
    event.preventDefault();
    const entry = entries.value.find((one) => String(one.number) === digit);
    if (!entry || !editor.editable.value) return;
    if (shift) ignore(entry);
    else if (entry.verdict === 'taken') focusOn(entry.field);
    else take(entry);
  }

  onMounted(() => globalThis.addEventListener('keydown', pressed));
  onScopeDispose(() => globalThis.removeEventListener('keydown', pressed));
  return { entries, words, pointed, point, take, ignore };
}
