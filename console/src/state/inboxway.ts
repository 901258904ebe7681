// The way through an inbox, ticket by ticket: which inbox a ticket was opened from, the next one, and back.
import { useRoute, useRouter } from 'vue-router';
import { t, type TextKey } from '@/i18n';
import { nextIn, waitsIn } from './inbox';
import { tell, tellProblem } from './message';

export const wayKeys: readonly { key: string; text: TextKey }[] = [
  { key: ']', text: 'keys.next' },
  { key: '[', text: 'keys.previous' },
  { key: 'Esc', text: 'keys.back' },
  { key: '1 … 9', text: 'keys.choose' },
  { key: 'Ctrl+Enter', text: 'keys.confirm' },
  { key: '?', text: 'keys.help' },
];

export function useInboxWay(number: () => string) {
  const route = useRoute();
  const router = useRouter();
  const inbox = typeof route.query.inbox === 'string' ? route.query.inbox : '';

  async function back(): Promise<void> {
    await router.push({ name: 'inbox', query: inbox ? { of: inbox, at: number() } : {} });
  }

  async function open(next: string): Promise<void> {
    await router.push({ name: 'ticket', params: { number: next }, query: { inbox } });
  }

  async function go(step: 1 | -1): Promise<void> {
    if (!inbox) return;
    try {
      const next = await nextIn(inbox, number(), step);
      await (next ? open(next) : back());
    } catch (error) {
      tellProblem(error);
    }
  }

  /** After a step: on to the next, unless this one still waits in the same inbox. */
  async function advance(): Promise<void> {
    if (!inbox) return;
    try {
      if (await waitsIn(inbox, number())) return;
      const next = await nextIn(inbox, number());
      tell(t(next ? 'inbox.moved' : 'inbox.done'));
      await (next ? open(next) : back());
    } catch (error) {
      tellProblem(error);
    }
  }

  return { inbox, back, go, advance };
}
