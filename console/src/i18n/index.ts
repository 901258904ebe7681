import { computed, ref } from 'vue';
import { audit } from './text/audit';
import { callbacks } from './text/callbacks';
import { calls } from './text/calls';
import { common } from './text/common';
import { desk } from './text/desk';
import { dialer } from './text/dialer';
import { hours } from './text/hours';
import { duties } from './text/duties';
import { inbox } from './text/inbox';
import { knowledge } from './text/knowledge';
import { life } from './text/life';
import { limits } from './text/limits';
import { files } from './text/files';
import { finding } from './text/finding';
import { live } from './text/live';
import { missed } from './text/missed';
import { problems } from './text/problems';
import { prompts } from './text/prompts';
import { settings } from './text/settings';
import { supervision } from './text/supervision';
import { tickets } from './text/tickets';
import { units } from './text/units';
import type { Texts } from './pairs';

const texts = {
  ...common,
  ...live,
  ...desk,
  ...calls,
  ...callbacks,
  ...tickets,
  ...files,
  ...finding,
  ...life,
  ...inbox,
  ...knowledge,
  ...missed,
  ...dialer,
  ...supervision,
  ...units,
  ...duties,
  ...settings,
  ...hours,
  ...limits,
  ...prompts,
  ...audit,
  ...problems,
};
export type TextKey = keyof typeof texts;
export type Locale = 'zh-CN' | 'en';

const kept = 'minsheng.locale';

function firstLocale(): Locale {
  return globalThis.localStorage?.getItem(kept) === 'en' ? 'en' : 'zh-CN';
}

const current = ref<Locale>(firstLocale());
export const locale = computed(() => current.value);

// A screen reader reads by this, also when the language was chosen on an earlier day.
function tellBrowser(): void {
  if (globalThis.document) document.documentElement.lang = current.value;
}
tellBrowser();

export function setLocale(next: Locale): void {
  current.value = next;
  localStorage.setItem(kept, next);
  tellBrowser();
}

function lookup(key: string): string | undefined {
  return (texts as Texts)[key]?.[current.value === 'en' ? 1 : 0];
}

export function t(key: TextKey, values: Record<string, string | number> = {}): string {
  const text = lookup(key) ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** None for what has no text. */
export const textOf = (group: string, value: string | undefined): string | undefined =>
  value === undefined ? undefined : lookup(`${group}.${value}`);

/** The name of a value from an open set (event kinds, outcomes); an unknown one is shown as it came. */
export function nameOf(group: string, value: string | null | undefined): string {
  if (!value) return '—';
  return lookup(`${group}.${value}`) ?? lookup(`${group}.${value.toLowerCase()}`) ?? value;
}

/** Several of a kind in one line. */
export const listed = (words: readonly string[]): string => words.join(current.value === 'en' ? ', ' : '、');

/** What it is, and what is said of it. */
export const labelled = (label: string, text: string): string =>
  label + (current.value === 'en' ? ': ' : '：') + text;
