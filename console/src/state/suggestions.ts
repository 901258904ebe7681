import { computed, onMounted, onScopeDispose, ref } from 'vue';
import { keyName } from '@/desk/commands';
import { suggestedFields, verdictOf, type SuggestedField, type Verdict } from '@/logic/suggest';
import type { TicketEditor } from './ticket';

export type DeskSuggestions = ReturnType<typeof useSuggestions>;
export interface Entry extends SuggestedField {
  number: number;
  verdict: Verdict;
}

/** The suggestions for the ticket on the desk, each under a number that two keys know: take it, ignore it. */
export function useSuggestions(editor: TicketEditor) {
  const ignored = ref<ReadonlySet<string>>(new Set());
  const pointed = ref<string | null>(null);
  const entries = computed<Entry[]>(() =>
    suggestedFields(editor.ticket.value?.suggestion ?? null).map((line, index) => ({
      ...line,
      number: index + 1,
      verdict: verdictOf(line, editor.form, ignored.value),
    })),
  );
  const words = computed(() => editor.ticket.value?.suggestion?.words ?? []);

  const point = (field: string | null) => void (pointed.value = field);
  const take = (line: SuggestedField) => editor.change(line.changes);
  function ignore(line: SuggestedField): void {
    ignored.value = new Set([...ignored.value, `${line.field}:${line.shown}`]);
  }

  function pressed(event: KeyboardEvent): void {
    const [, shift, digit] = /^Alt\+(Shift\+)?([1-9])$/.exec(keyName(event) ?? '') ?? [];
    const entry = entries.value.find((one) => String(one.number) === digit);
    if (!entry) return;
    event.preventDefault();
    if (shift) ignore(entry);
    else take(entry);
  }

  onMounted(() => globalThis.addEventListener('keydown', pressed));
  onScopeDispose(() => globalThis.removeEventListener('keydown', pressed));
  return { entries, words, pointed, point, take, ignore };
}
