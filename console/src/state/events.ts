// One stream of server-sent events for the whole console. Reconnects for ever with growing pauses; after each
// (re)connection everybody who listens loads again, because news sent meanwhile is not repeated.
import { onScopeDispose, ref } from 'vue';
import { live, session } from '@/api';
import { newsKinds, type News } from '@/logic/live';

export type Connection = 'idle' | 'connecting' | 'open' | 'lost';

const pauses = [1000, 2000, 5000, 10000];
const connection = ref<Connection>('idle');
const listeners = new Set<(news: News) => void>();
const reloaders = new Set<() => void>();

let source: EventSource | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;
let failures = 0;

function connect(): void {
  source = new EventSource(live.eventsAddress(), { withCredentials: true });
  source.onopen = () => {
    failures = 0;
    connection.value = 'open';
    reloaders.forEach((reload) => reload());
  };
  source.onerror = () => lost();
  // The daemon says so when this console was too slow for some of the news.
  source.addEventListener('reset', () => reloaders.forEach((reload) => reload()));
  for (const kind of newsKinds) {
    source.addEventListener(kind, (message: MessageEvent<string>) => {
      const news = { kind, data: JSON.parse(message.data) } as News;
      listeners.forEach((listen) => listen(news));
    });
  }
}

function lost(): void {
  source?.close();
  source = null;
  // Without a stream from the start, pages still show what is so now.
  if (connection.value === 'connecting') reloaders.forEach((reload) => reload());
  connection.value = 'lost';
  // A session that ended looks like any other failure to an EventSource: ask, so that the log-in page shows.
  session.who().catch(() => undefined);
  timer = setTimeout(connect, pauses[Math.min(failures, pauses.length - 1)]);
  failures += 1;
}

export const events = {
  connection,
  start(): void {
    if (source || timer) return;
    connection.value = 'connecting';
    connect();
  },
  stop(): void {
    clearTimeout(timer);
    timer = undefined;
    source?.close();
    source = null;
    failures = 0;
    connection.value = 'idle';
  },
};

/** News for as long as the component lives; `reload` runs at once when connected and after each reconnection. */
export function useNews(listen: (news: News) => void, reload?: () => void): void {
  listeners.add(listen);
  onScopeDispose(() => listeners.delete(listen));
  if (!reload) return;
  reloaders.add(reload);
  onScopeDispose(() => reloaders.delete(reload));
}
