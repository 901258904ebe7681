import { ref } from 'vue';
import { Problem } from './problem';
import type { Page, ProblemDocument } from './types';

/** How many requests are on their way: the page is busy while there are any. */
export const inFlight = ref(0);

let onSignedOut: (why: Problem) => void = () => undefined;

/** Told once by the session: what to do when the daemon no longer knows us. */
export function whenSignedOut(act: (why: Problem) => void): void {
  onSignedOut = act;
}

export const apiBase = new URL('api/v1/', document.baseURI).pathname;

type Query = Record<string, string | number | undefined | null>;

export function address(path: string, query: Query = {}): string {
  const pairs = Object.entries(query).filter(([, v]) => v !== undefined && v !== null && v !== '');
  const search = new URLSearchParams(pairs.map(([k, v]) => [k, String(v)])).toString();
  return apiBase + path + (search ? `?${search}` : '');
}

async function problemOf(response: Response): Promise<Problem> {
  const fallback: ProblemDocument = { status: response.status };
  const body: unknown = await response.json().catch(() => null);
  return new Problem(
    typeof body === 'object' && body ? { ...fallback, ...body, status: response.status } : fallback,
  );
}

/** With the token of a screen, which is nobody's session. */
let screenToken: string | null = null;
export function asScreen(token: string): void {
  screenToken = token;
}

async function send<T>(method: string, url: string, body?: unknown, keepalive = false): Promise<T> {
  inFlight.value += 1;
  try {
    return await exchange<T>(method, url, body, keepalive);
  } finally {
    inFlight.value -= 1;
  }
}

// Browsers carry no more than 64 KiB over the end of a page.
const KEEPALIVE_CHARACTERS = 15_000;

async function exchange<T>(method: string, url: string, body: unknown, keepalive: boolean): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (screenToken) headers['Authorization'] = `Bearer ${screenToken}`;
  const isFile = body instanceof Blob;
  if (body !== undefined && !isFile) headers['Content-Type'] = 'application/json';
  if (method === 'POST') headers['Idempotency-Key'] = randomKey();
  const content = body === undefined || isFile ? body : JSON.stringify(body);
  const response = await fetch(url, {
    method,
    headers,
    credentials: 'same-origin',
    body: content,
    keepalive: keepalive && typeof content === 'string' && content.length < KEEPALIVE_CHARACTERS,
  }).catch(() => {
    throw new Problem({ status: 0 });
  });
  if (!response.ok) {
    const problem = await problemOf(response);
    if (problem.status === 401 && !url.endsWith('/session')) onSignedOut(problem);
    throw problem;
  }
  const type = response.headers.get('Content-Type') ?? '';
  if (type.startsWith('audio/')) return (await response.blob()) as T;
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

// crypto.randomUUID exists only in secure contexts; a county may run the console over plain http on its LAN.
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join(
    '',
  );
}

export const http = {
  load: <T>(path: string, query?: Query) => send<T>('GET', address(path, query)),
  post: <T>(path: string, body: unknown = {}) => send<T>('POST', address(path), body),
  /** Outlives the page that sends it. */
  postToTheEnd: <T>(path: string, body: unknown) => send<T>('POST', address(path), body, true),
  upload: <T>(path: string, file: Blob, query?: Query) => send<T>('POST', address(path, query), file),
  file: <T>(path: string, file: Blob, query?: Query) => send<T>('PUT', address(path, query), file),
  put: <T>(path: string, body: unknown, query?: Query) => send<T>('PUT', address(path, query), body),
  remove: <T>(path: string) => send<T>('DELETE', address(path)),
};

/** A list to its end: what a page shows or chooses from as a whole. */
export async function whole<X>(path: string, query: Record<string, string> = {}): Promise<X[]> {
  const items: X[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<X> = await http.load<Page<X>>(path, { ...query, limit: 200, cursor });
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor);
  return items;
}
