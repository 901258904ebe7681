import { Problem } from '@/api/problem';
import type { FieldError } from '@/api/types';
import { locale, t, textOf, type TextKey } from '@/i18n';

const known = [400, 401, 403, 404, 409, 422, 429, 500, 503];
const isChinese = (text: string): boolean => /\p{Script=Han}/u.test(text);

/** One plain sentence in the reader's language: the daemon's own words when they are Chinese, else ours for its code or status. */
export function explain(error: unknown): string {
  if (!(error instanceof Problem)) return error instanceof Error ? error.message : String(error);
  if (error.status === 0) return t('problem.offline');
  // Of what is not there the daemon has nothing to add.
  if (error.document.code === 'not-found') return t('problem.404');
  const detail = error.document.detail ?? error.document.title ?? '';
  const foreign = locale.value === 'en' && isChinese(detail);
  if (isChinese(detail) && !foreign) return detail;
  const own = textOf('problem.code', error.document.code) ?? ofStatus(error.status);
  const adds = detail && !foreign && error.status < 500 && error.status !== 403;
  return adds ? `${own}（${detail}）` : own;
}

function ofStatus(status: number): string {
  return known.includes(status) ? t(`problem.${status}` as TextKey) : t('problem.other', { status });
}

export function fieldErrors(error: unknown): FieldError[] {
  if (!(error instanceof Problem)) return [];
  const faults = error.document.errors ?? [];
  if (locale.value !== 'en') return faults;
  return faults.map((fault) =>
    isChinese(fault.message) ? { ...fault, message: t('problem.field', { field: fault.field }) } : fault,
  );
}
