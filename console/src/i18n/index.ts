import { computed, ref } from 'vue';
import { audit } from './text/audit';
import { calls } from './text/calls';
import { common } from './text/common';
import { desk } from './text/desk';
import { inbox } from './text/inbox';
import { knowledge } from './text/knowledge';
import { life } from './text/life';
import { files } from './text/files';
import { finding } from './text/finding';
import { live } from './text/live';
import { missed } from './text/missed';
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
  ...tickets,
  ...files,
  ...finding,
  ...life,
  ...inbox,
  ...knowledge,
  ...missed,
  ...supervision,
  ...units,
  ...settings,
  ...prompts,
  ...audit,
};
export type TextKey = keyof typeof texts;
export type Locale = 'zh-CN' | 'en';

const kept = 'minsheng.locale';

function firstLocale(): Locale {
  return globalThis.localStorage?.getItem(kept) === 'en' ? 'en' : 'zh-CN';
}

const current = ref<Locale>(firstLocale());
export const locale = computed(() => current.value);

export function setLocale(next: Locale): void {
  current.value = next;
  localStorage.setItem(kept, next);
  document.documentElement.lang = next;
}

function lookup(key: string): string | undefined {
  return (texts as Texts)[key]?.[current.value === 'en' ? 1 : 0];
}

export function t(key: TextKey, values: Record<string, string | number> = {}): string {
  const text = lookup(key) ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** The name of a value from an open set (event kinds, outcomes); an unknown one is shown as it came. */
export function nameOf(group: string, value: string | null | undefined): string {
  if (!value) return '—';
  return lookup(`${group}.${value}`) ?? lookup(`${group}.${value.toLowerCase()}`) ?? value;
}

/** What it is, and what is said of it. */
export const labelled = (label: string, text: string): string =>
  label + (current.value === 'en' ? ': ' : '：') + text;
