// One function a call of the API; pages never build addresses themselves.
import type { BulkResult, SavedView, TicketFilter, TicketHit } from './finding';
import { address, http, whole } from './http';
import type * as T from './types';

const part = encodeURIComponent;

/** Settings lists come bare or as a page; either is a list to the console. */
async function list<X>(answer: Promise<X[] | { items: X[] }>): Promise<X[]> {
  const got = await answer;
  return Array.isArray(got) ? got : got.items;
}

export interface CallFilter {
  from?: string;
  to?: string;
  direction?: string;
  state?: string;
  caller?: string;
  cursor?: string;
  limit?: number;
}

export type { TicketFilter } from './finding';

export interface ArticleFilter {
  q?: string;
  class?: string;
  unit?: string;
  expired?: string;
  cursor?: string;
  limit?: number;
}

export const session = {
  who: () => http.load<{ user: T.User }>('session'),
  open: (username: string, password: string) =>
    http.post<{ user: T.User }>('session', { username, password }),
  close: () => http.remove('session'),
};

export const live = {
  overview: () => http.load<T.Overview>('overview'),
  operators: () => whole<T.Operator>('operators'),
  queue: (name: string) => http.load<T.QueueLive>(`queues/${part(name)}/live`),
  wallboard: () => http.load<T.Wallboard>('wallboard'),
  screens: () => list(http.load<T.WallScreen[]>('wallboard/screens')),
  openScreen: (name: string) => http.post<T.WallScreen & { token: string }>('wallboard/screens', { name }),
  closeScreen: (id: string) => http.remove(`wallboard/screens/${part(id)}`),
  setState: (username: string, state: 'ready' | 'paused', reason: string | null) =>
    http.post(`operators/${part(username)}/state`, { state, reason }),
  eventsAddress: () => address('events'),
};

export const desk = {
  show: () => http.load<T.Desk>('desk'),
  line: (sdp: string) => http.post<{ sdp: string; line: string; replaced: boolean }>('desk/line', { sdp }),
  release: () => http.remove('desk/line'),
  echo: (on: boolean) => (on ? http.post('desk/echo') : http.remove('desk/echo')),
  ready: () => http.post('desk/ready'),
  pause: (reason: T.PauseReason) => http.post('desk/pause', { reason }),
  serve: (skills: readonly string[]) => http.put('desk/skills', { skills }),
  /** What is done with the call in hand, named by the last part of its address. */
  act: (action: T.CallAction) => http.post(`desk/${action}`),
  dtmf: (digits: string, to?: T.KeysTo) => http.post('desk/dtmf', { digits, to }),
  directory: () => list(http.load<{ items: T.DeskPerson[] }>('desk/directory')),
  transfer: (to: T.TransferTarget, attended: boolean) => http.post('desk/transfer', { to, attended }),
  /** Into the call, or in the operator's place as soon as it answers. */
  emergency: (service: T.EmergencyService, transfer: boolean) =>
    http.post('desk/emergency', { service, transfer }),
  call: (number: string, ticket_number?: string) => http.post('desk/call', { number, ticket_number }),
};

export const knowledge = {
  ranked: (call: string) => list(http.load<T.Article[]>(`calls/${part(call)}/articles`)),
  find: (q: string) => list(http.load<T.Page<T.Article>>('articles', { q, limit: 10 })),
  /** Only what may be answered from today or later. */
  valid: (q: string) => list(http.load<T.Page<T.Article>>('articles', { q, limit: 10, expired: 'false' })),
  page: (filter: ArticleFilter) => http.load<T.Page<T.Article>>('articles', { ...filter }),
  one: (id: string) => http.load<T.Article>(`articles/${part(id)}`),
  create: (draft: T.ArticleDraft) => http.post<T.Article>('articles', draft),
  save: (id: number, draft: T.ArticleDraft, version: number) =>
    http.put<T.Article>(`articles/${id}`, { ...draft, version }),
  versions: (id: number) => list(http.load<T.Article[]>(`articles/${id}/versions`)),
};

export const supervision = {
  monitor: (call: string, mode: T.MonitorMode) => http.post(`calls/${part(call)}/monitor`, { mode }),
  leave: (call: string) => http.remove(`calls/${part(call)}/monitor`),
  takeOver: (call: string) => http.post(`calls/${part(call)}/takeover`),
  log: (from: string, to: string) => whole<T.Monitoring>('monitorings', { from, to }),
};

export const messages = {
  latest: () => list(http.load<T.Page<T.Message>>('messages')),
  send: (to: string | null, text: string) => http.post('messages', { to, text }),
};

export const calls = {
  list: (filter: CallFilter) => http.load<T.Page<T.Call>>('calls', { ...filter }),
  one: (id: string) => http.load<T.CallDetail>(`calls/${part(id)}`),
  transcript: (id: string) => http.load<T.Transcript>(`calls/${part(id)}/transcript`),
  recordingAddress: (id: string) => address(`calls/${part(id)}/recording`),
  context: (id: string) => http.load<T.CallContext>(`calls/${part(id)}/context`),
  liveTranscript: (id: string) => http.load<T.LiveTranscript>(`calls/${part(id)}/live-transcript`),
  untie: (id: string) => http.remove<{ number: string }>(`calls/${part(id)}/tie`),
  tie: (id: string, ticket_number: string, kind: T.TieKind) =>
    http.post(`calls/${part(id)}/tie`, { ticket_number, kind }),
  anotherTicket: (id: string) => http.post<{ number: string }>(`calls/${part(id)}/tickets`),
};

export const tickets = {
  list: (filter: TicketFilter) => http.load<T.Page<TicketHit>>('tickets', { ...filter }),
  one: (number: string) => http.load<T.Ticket>(`tickets/${part(number)}`),
  create: (fields: Partial<T.TicketFields>) => http.post<T.Ticket>('tickets', fields),
  act: (number: string, action: string, body: object) =>
    http.post<T.Ticket>(`tickets/${part(number)}/${part(action)}`, body),
  /** What is typed. Goes out also when the page is closed meanwhile. */
  fill: (number: string, changes: Partial<T.TicketFields>, version: number) =>
    http.postToTheEnd<T.Ticket>(`tickets/${part(number)}/fill`, { ...changes, version }),
  formAddress: (number: string, form: string) => address(`tickets/${part(number)}/forms/${form}.pdf`),
  /** One masked field, for a reason that is kept on record. */
  reveal: (number: string, field: string, reason: string) =>
    http.post<{ value: string }>(`tickets/${part(number)}/reveal`, { field, reason }),
};

export const finding = {
  views: () => list(http.load<SavedView[]>('views')),
  keep: (view: { name: string; query: TicketFilter; role: T.Role | null }) =>
    http.post<SavedView>('views', view),
  forget: (id: number) => http.remove(`views/${id}`),
  dispatch: (numbers: string[], unit_code: string, note: string) =>
    http.post<{ results: BulkResult[] }>('tickets/bulk/dispatch', { numbers, unit_code, note }),
};

export const lists = {
  classes: () => list(http.load<T.ClassNode[]>('classes')),
  units: () => list(http.load<T.Unit[]>('units')),
  people: () => whole<T.Colleague>('people'),
  places: (q: string) => list(http.load<T.Named[]>('places', { q })),
  unitSuggestions: (class_code: string, place_code: string | null) =>
    list(http.load<T.UnitSuggestion[]>('dispatch/suggestions', { class_code, place_code })),
  precedents: (class_code: string, place_code: string | null) =>
    list(http.load<T.Precedent[]>('dispatch/precedents', { class_code, place_code })),
  duties: (q: string) => list(http.load<T.Duty[]>('dispatch/duties', { q })),
};

export const queues = {
  list: () => list(http.load<T.QueueSettings[]>('queues')),
  one: (name: string) => http.load<T.Versioned<T.QueueSettings>>(`queues/${part(name)}`),
  save: (name: string, settings: T.QueueSettings, version: number) =>
    http.put<T.Versioned<T.QueueSettings>>(`queues/${part(name)}`, { settings, version }),
  versions: (name: string) => list(http.load<T.VersionEntry[]>(`queues/${part(name)}/versions`)),
  rollback: (name: string, version: number) => http.post(`queues/${part(name)}/rollback`, { version }),
};

export const menus = {
  list: () => list(http.load<T.Menu[]>('menus')),
  one: (name: string) => http.load<T.Menu>(`menus/${part(name)}`),
  save: (name: string, flow: T.MenuFlow, version: number) =>
    http.put<T.Menu>(`menus/${part(name)}`, { flow, version }),
  versions: (name: string) => list(http.load<T.VersionEntry[]>(`menus/${part(name)}/versions`)),
  rollback: (name: string, version: number) => http.post(`menus/${part(name)}/rollback`, { version }),
};

export { flows } from './flows';
export { marks } from './marks';
export { prompts } from './prompts';

export const lines = {
  all: () => http.load<T.Lines>('lines'),
  save: (items: T.Line[], version: number) => http.put('lines', { items, version }),
};

export interface AccountForm {
  username: string;
  display_name: string;
  role: T.Role;
  extension: string | null;
  unit_code: string | null;
  skills: string[];
  password?: string;
  disabled?: boolean;
  outsourced?: boolean;
}

export const users = {
  list: () => whole<T.Account>('users'),
  create: (form: AccountForm) => http.post<T.Account>('users', form),
  save: (username: string, form: Omit<AccountForm, 'username'>) =>
    http.put<T.Account>(`users/${part(username)}`, form),
};
