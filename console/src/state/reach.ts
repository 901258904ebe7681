// Takes the cursor to a part of the desk, from whatever page a key was pressed on.
import { nextTick } from 'vue';
import { router } from '@/router';

export type Place = 'ticket' | 'knowledge' | 'pause' | 'another' | 'nextTicket';

// A page that does not show the part by then has none: no call, no ticket.
const PATIENCE_MS = 3000;
const selectors: Record<Place, string> = {
  ticket: '#f-title',
  knowledge: '#knowledge-search',
  pause: '[data-testid="desk-pause"]',
  another: '[data-testid="another-ticket"]',
  nextTicket: '[data-testid="ticket-tab"][data-next="true"]',
};

/** The element, as soon as the page has drawn it. */
function drawn(selector: string): Promise<HTMLElement | null> {
  const find = () => document.querySelector<HTMLElement>(selector);
  return new Promise((done) => {
    const found = find();
    if (found) return done(found);
    const finish = (element: HTMLElement | null) => {
      watcher.disconnect();
      clearTimeout(timer);
      done(element);
    };
    const watcher = new MutationObserver(() => {
      const element = find();
      if (element) finish(element);
    });
    const timer = setTimeout(() => finish(null), PATIENCE_MS);
    watcher.observe(document.body, { childList: true, subtree: true });
  });
}

export async function reach(place: Place): Promise<void> {
  if (router.currentRoute.value.name !== 'desk') await router.push({ name: 'desk' });
  await nextTick();
  const element = await drawn(selectors[place]);
  if (place === 'pause' || place === 'another' || place === 'nextTicket') element?.click();
  else element?.focus();
}
