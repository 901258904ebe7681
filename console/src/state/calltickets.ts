// The tickets of the call in hand: the one it came with, those for further demands, and which of them is being written.
import { computed, watch } from 'vue';
import { calls, tickets } from '@/api';
import type { TieKind } from '@/api/types';
import { t } from '@/i18n';
import { deskState } from './desk';
import { useNews } from './events';
import { tell, tellProblem } from './message';
import { useSaving } from './saving';
import { session } from './session';
import type { TicketEditor } from './ticket';

export type CallTickets = ReturnType<typeof useCallTickets>;

export function useCallTickets(editor: TicketEditor) {
  const numbers = computed(() => deskState.data.value?.tickets ?? []);
  const own = computed(() => {
    const [user, call] = [session.user.value, deskState.call.value];
    return user?.role === 'operator' && call?.operator?.username === user.username;
  });
  const here = () => editor.ticket.value?.number;

  async function open(number: string): Promise<void> {
    const id = deskState.call.value?.id;
    if (number !== here()) await editor.settle();
    const loaded = await tickets.one(number).catch(tellProblem);
    // The next call may have come meanwhile.
    if (loaded && deskState.call.value?.id === id) editor.adopt(loaded);
  }

  const { busy, save: atWork } = useSaving(async (act: () => Promise<void>) => {
    await editor.flush();
    await act();
  }, tellProblem);

  async function tie(number: string, kind: TieKind): Promise<void> {
    const id = deskState.call.value?.id;
    // No question first: the daemon refuses where something was written that would be lost.
    if (!id || !own.value) return;
    await atWork(async () => {
      await calls.tie(id, number, kind);
      tell(t('context.tied', { number }));
      await deskState.load();
    });
  }

  /** The number was right and the matter another: back to a ticket of the call's own. */
  const untie = () =>
    atWork(async () => {
      const id = deskState.call.value?.id;
      if (!id || !own.value) return;
      const { number } = await calls.untie(id);
      tell(t('context.untied', { number }));
      await deskState.load();
    });

  const tied = computed(() => deskState.data.value?.tied === true);

  const another = () =>
    atWork(async () => {
      const id = deskState.call.value?.id;
      if (!id) return;
      const { number } = await calls.anotherTicket(id);
      await open(number);
      await deskState.load();
    });

  // A further demand's ticket that the operator turned to stays, whatever is heard of the call's own one. Of a call that is over nothing does:
  // under the next caller's number its ticket would be written on, also while what was typed before is still being saved.
  watch(
    () => deskState.data.value?.ticket ?? null,
    (next) => {
      const turnedTo = here();
      const stays = turnedTo && turnedTo !== next?.number && numbers.value.includes(turnedTo);
      if (!next) editor.leave();
      else if (!stays) editor.adopt(next);
    },
    { immediate: true },
  );
  useNews((news) => {
    if (news.kind !== 'ticket' || news.data.number !== here()) return;
    if (news.data.number !== deskState.data.value?.ticket?.number) void open(news.data.number);
  });

  return { numbers, own, tied, busy, open, tie, untie, another };
}
