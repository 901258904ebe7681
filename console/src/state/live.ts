import { onMounted, onScopeDispose, ref, shallowRef } from 'vue';
import { calls, live as api, queues } from '@/api';
import { apply, nothing, snapshot, withOverview, type Live, type News } from '@/logic/live';
import { events, useNews } from './events';

// No call lasts longer: what began earlier and is still in the list of calls is not in progress.
const LONGEST_CALL_MS = 6 * 3600 * 1000;

// The day's figures are counted, not told: they are asked for once the news of a moment are in.
const COUNT_MS = 2000;
const counted: readonly News['kind'][] = ['call', 'ticket'];

async function load(): Promise<Live> {
  const from = new Date(Date.now() - LONGEST_CALL_MS).toISOString();
  const [overview, recent, named, operators] = await Promise.all([
    api.overview(),
    calls.list({ from, limit: 200 }),
    queues.list(),
    api.operators(),
  ]);
  const lives = await Promise.all(named.map((queue) => api.queue(queue.name)));
  return snapshot(overview, recent.items, lives, operators);
}

/** The live state for one page: a snapshot, then the news. News that arrives while loading is laid on top. */
export function useLive() {
  const live = shallowRef<Live>(nothing());
  const error = ref<unknown>(null);
  const loaded = ref(false);
  let waiting: News[] | null = null;

  async function reload(): Promise<void> {
    if (waiting) return;
    waiting = [];
    try {
      const fresh = await load();
      live.value = waiting.reduce(apply, fresh);
      [loaded.value, error.value] = [true, null];
    } catch (e) {
      live.value = waiting.reduce(apply, live.value);
      error.value = e;
    } finally {
      waiting = null;
    }
  }

  let timer: ReturnType<typeof setTimeout> | undefined;
  async function count(): Promise<void> {
    timer = undefined;
    // What fails here is shown by the stream that is lost with it.
    const overview = await api.overview().catch(() => null);
    if (overview) live.value = withOverview(live.value, overview);
  }
  onScopeDispose(() => clearTimeout(timer));

  useNews(
    (news) => {
      if (waiting) waiting.push(news);
      else live.value = apply(live.value, news);
      if (counted.includes(news.kind)) timer ??= setTimeout(() => void count(), COUNT_MS);
    },
    () => void reload(),
  );
  onMounted(() => {
    if (events.connection.value !== 'connecting') void reload();
  });
  return { live, error, loaded, reload };
}
