import { computed, onMounted, onScopeDispose, reactive, ref, shallowRef } from 'vue';
import { tickets } from '@/api';
import { Problem } from '@/api/problem';
import type { Ticket, TicketFields } from '@/api/types';
import { t } from '@/i18n';
import { Autosave, type SaveState } from '@/logic/autosave';
import { Mirror, mirrorKey } from '@/logic/mirror';
import { overlay } from '@/logic/overlay';
import { useNews } from './events';
import { ask, tell, tellProblem } from './message';
import { session } from './session';

function fieldsOf(ticket: Ticket): TicketFields {
  return {
    title: ticket.title ?? '',
    content: ticket.content ?? '',
    kind: ticket.kind ?? '',
    class_code: ticket.class?.code ?? '',
    band: ticket.band ?? '',
    place: ticket.place ?? '',
    place_code: ticket.place_code ?? '',
    happened: ticket.happened,
    affected: ticket.affected,
    caller_name: ticket.caller_name ?? '',
    contact_phone: ticket.contact_phone ?? '',
  };
}

/** Without an answer, or with trouble of the daemon's own, the same request may pass later. */
const isFinal = (error: unknown): boolean =>
  error instanceof Problem && error.status >= 400 && error.status < 500 && error.status !== 429;

export type TicketEditor = ReturnType<typeof useTicketEditor>;
type Saver = Autosave<TicketFields>;
// Of tickets that left the screen with something not yet kept: each goes on trying, until its ticket is opened again.
const orphans = new Map<string, Saver>();

/** One ticket under a person's hands: what the daemon has, what was typed over it, and whether that is kept. */
export function useTicketEditor() {
  const ticket = shallowRef<Ticket | null>(null);
  const form = reactive({} as TicketFields);
  const state = ref<SaveState>('clean');
  const savedAt = ref<number | null>(null);
  const editable = computed(() => ticket.value?.actions.includes('fill') ?? false);
  // How long a unit has goes by these: once it is sent out a dispatcher changes them.
  const isSentOut = computed(
    () => session.role.value === 'operator' && (ticket.value?.assignments.length ?? 0) > 0,
  );
  // Fields with the cursor in them, or in their list of choices.
  const held = new Set<keyof TicketFields>();
  let autosave: Saver | null = null;

  const owner = session.user.value?.username ?? '';
  const mirrorOf = (number: string) => new Mirror<TicketFields>(sessionStorage, mirrorKey(owner, number));

  function saverOf(number: string): Saver {
    const mirror = mirrorOf(number);
    let complained = false;
    return new Autosave<TicketFields>(
      {
        save: async (changes, version) => {
          // Nobody else's name under these words, whoever has signed in meanwhile.
          if (session.user.value?.username !== owner) throw new Problem({ status: 401 });
          const saved = await tickets.fill(number, changes, version);
          if (ticket.value?.number === number) ticket.value = saved;
          return saved.version;
        },
        isStale: (error) => error instanceof Problem && error.status === 409,
        isFinal,
        mirror: (edits, version) => mirror.put(edits, version),
        told: (next, error) => {
          // One complaint for one outage, not one for each attempt.
          if (next === 'failed' && !complained) tellProblem(error);
          if (next === 'failed') complained = true;
          if (next === 'saved') complained = false;
          void told(number, next);
        },
      },
      0,
    );
  }

  async function told(number: string, next: SaveState): Promise<void> {
    if (next === 'saved') orphans.delete(number);
    if (ticket.value?.number !== number) return;
    state.value = next;
    if (next === 'saved') savedAt.value = Date.now();
    if (next === 'stale') await tickets.one(number).then((fresh) => adopt(fresh, true), tellProblem);
  }

  /** The ticket leaves the screen; what is not yet kept of it goes on being saved. */
  function part(): void {
    if (ticket.value && autosave?.dirty) orphans.set(ticket.value.number, autosave);
    void settle();
  }

  /** No ticket at all is in hand. */
  function leave(): void {
    part();
    [ticket.value, autosave] = [null, null];
  }

  function turnTo(loaded: Ticket): Saver {
    if (autosave) part();
    [state.value, savedAt.value] = ['clean', null];
    return (autosave = saverOf(loaded.number));
  }

  /** Takes what the daemon has now; anything typed and not yet kept stays on top. An older copy is ignored. */
  function adopt(loaded: Ticket, stale = false): void {
    const same = ticket.value?.number === loaded.number && autosave !== null;
    const saver = same ? (autosave as Saver) : turnTo(loaded);
    if (same && loaded.version < saver.version && !stale) return;
    saver.version = loaded.version;
    ticket.value = loaded;
    Object.assign(form, overlay(fieldsOf(loaded), saver.edits, same ? held : new Set()));
    if (!same) void recover(loaded);
  }

  /** What a crash or a reload left unsaved: laid on top, or offered where somebody wrote on the ticket since. */
  async function recover(before: Ticket): Promise<void> {
    const number = before.number;
    const loaded = orphans.has(number) ? await adoptOrphan(number).catch(() => before) : before;
    const mirror = mirrorOf(number);
    const copy = mirror.left(fieldsOf(loaded));
    if (!copy || !editable.value) return;
    const fresh = copy.version === loaded.version;
    const words = Object.values(copy.edits).filter(Boolean).join('，').slice(0, 40);
    const wanted = fresh || (await ask(t('ticket.recoverAsk', { number, words })));
    if (!wanted) mirror.forget();
    else if (ticket.value?.number === number) {
      change(copy.edits);
      tell(t('ticket.recovered'));
    }
  }

  /** Who was still trying to save this ticket does so at once, and leaves the rest to its copy. */
  async function adoptOrphan(number: string): Promise<Ticket> {
    const orphan = orphans.get(number);
    orphans.delete(number);
    await orphan?.flush().catch(() => orphan.stop());
    const loaded = await tickets.one(number);
    if (ticket.value?.number === number) adopt(loaded);
    return loaded;
  }

  function change(changes: Partial<TicketFields>): void {
    if (!editable.value) return;
    const taken = { ...changes };
    if (isSentOut.value) {
      delete taken.kind;
      delete taken.band;
    }
    Object.assign(form, taken);
    if (Object.keys(taken).length > 0) autosave?.change(taken);
  }

  /** The cursor is in a field: what is heard meanwhile does not touch it. */
  const hold = (field: keyof TicketFields) => void held.add(field);

  /** The cursor left the field: it shows what the daemon has by now, unless something was typed. */
  function letGo(field: keyof TicketFields): void {
    held.delete(field);
    const loaded = ticket.value;
    if (loaded) Object.assign(form, { [field]: { ...fieldsOf(loaded), ...autosave?.edits }[field] });
  }

  /** The form is gone, and the cursor with it. */
  const letGoAll = () => held.clear();

  /** Rejects when something typed could not be kept. */
  async function flush(): Promise<void> {
    await autosave?.flush();
  }

  /** Before another ticket comes to hand: what cannot be kept now is told, and tried again. */
  const settle = (): Promise<void> => flush().catch(() => undefined);

  /** Signing out forgets what is not kept. */
  const farewell = (): Promise<boolean> =>
    flush().then(
      () => true,
      () => ask(t('ticket.leaveUnkept')),
    );
  const stay = session.beforeSignOut(farewell);
  const hide = () => void settle();
  onMounted(() => globalThis.addEventListener('pagehide', hide));
  onScopeDispose(() => {
    globalThis.removeEventListener('pagehide', hide);
    stay();
    part();
  });
  useNews(
    () => undefined,
    () => [autosave, ...orphans.values()].forEach((saver) => saver?.again()),
  );
  return {
    ticket,
    form,
    state,
    savedAt,
    editable,
    isSentOut,
    adopt,
    leave,
    change,
    hold,
    letGo,
    letGoAll,
    flush,
    settle,
  };
}
