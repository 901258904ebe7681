import { computed, onScopeDispose, reactive, ref, shallowRef } from 'vue';
import { tickets } from '@/api';
import { Problem } from '@/api/problem';
import type { Ticket, TicketFields } from '@/api/types';
import { Autosave, type SaveState } from '@/logic/autosave';
import { tellProblem } from './message';

function fieldsOf(ticket: Ticket): TicketFields {
  return {
    title: ticket.title ?? '',
    content: ticket.content ?? '',
    kind: ticket.kind ?? '',
    class_code: ticket.class?.code ?? '',
    band: ticket.band ?? '',
    place: ticket.place ?? '',
    place_code: '',
    happened: ticket.happened,
    affected: ticket.affected,
    caller_name: ticket.caller_name ?? '',
    contact_phone: ticket.contact_phone ?? '',
  };
}

export type TicketEditor = ReturnType<typeof useTicketEditor>;

/** One ticket under a person's hands: what the daemon has, what was typed over it, and whether that is kept. */
export function useTicketEditor() {
  const ticket = shallowRef<Ticket | null>(null);
  const form = reactive({} as TicketFields);
  const state = ref<SaveState>('clean');
  const savedAt = ref<number | null>(null);
  const editable = computed(() => ticket.value?.actions.includes('fill') ?? false);
  let autosave: Autosave<TicketFields> | null = null;

  function saverOf(number: string): Autosave<TicketFields> {
    return new Autosave<TicketFields>(
      {
        save: async (changes, version) => {
          const saved = await tickets.act(number, 'fill', { ...changes, version });
          if (ticket.value?.number === number) ticket.value = saved;
          return saved.version;
        },
        isStale: (error) => error instanceof Problem && error.status === 409,
        told: (next, error) => void told(number, next, error),
      },
      0,
    );
  }

  async function told(number: string, next: SaveState, error?: unknown): Promise<void> {
    if (ticket.value?.number !== number) return;
    state.value = next;
    if (next === 'saved') savedAt.value = Date.now();
    if (next === 'failed') tellProblem(error);
    if (next === 'stale') adopt(await tickets.one(number), true);
  }

  /** Takes what the daemon has now; anything typed and not yet kept stays on top. An older copy is ignored. */
  function adopt(loaded: Ticket, stale = false): void {
    const same = ticket.value?.number === loaded.number && autosave !== null;
    if (!same) {
      autosave?.stop();
      autosave = saverOf(loaded.number);
      [state.value, savedAt.value] = ['clean', null];
    }
    const saver = autosave as Autosave<TicketFields>;
    if (same && loaded.version < saver.version && !stale) return;
    saver.version = loaded.version;
    ticket.value = loaded;
    Object.assign(form, fieldsOf(loaded), saver.edits);
  }

  function change(changes: Partial<TicketFields>): void {
    if (!editable.value) return;
    Object.assign(form, changes);
    autosave?.change(changes);
  }

  async function flush(): Promise<void> {
    await autosave?.flush();
  }

  onScopeDispose(() => void flush());
  return { ticket, form, state, savedAt, editable, adopt, change, flush };
}
