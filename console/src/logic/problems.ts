import { Problem } from '@/api/problem';
import type { FieldError } from '@/api/types';
import { t, type TextKey } from '@/i18n';

const known = [400, 401, 403, 404, 409, 422, 429, 500, 503];

/** One plain sentence: the daemon's own words when they are Chinese, else ours for that status. */
export function explain(error: unknown): string {
  if (!(error instanceof Problem)) return error instanceof Error ? error.message : String(error);
  if (error.status === 0) return t('problem.offline');
  const detail = error.document.detail ?? error.document.title ?? '';
  if (/\p{Script=Han}/u.test(detail)) return detail;
  const own = known.includes(error.status)
    ? t(`problem.${error.status}` as TextKey)
    : t('problem.other', { status: error.status });
  return detail && error.status < 500 && error.status !== 403 ? `${own}（${detail}）` : own;
}

export function fieldErrors(error: unknown): FieldError[] {
  return error instanceof Problem ? (error.document.errors ?? []) : [];
}
