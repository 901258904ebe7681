// The figures of the big screen as they are drawn. Pure.
import type { Wallboard } from '@/api/types';
import { t } from '@/i18n';

/** A rate of nothing is no rate: it must not look like a bad one. */
export function percent(rate: number | null): string {
  return rate === null ? '—' : `${(Math.round(rate * 1000) / 10).toFixed(rate === 1 ? 0 : 1)}%`;
}

/** The token in the address that a supervisor gave a screen; null for everybody else. */
export function screenOf(to: { name?: unknown; query: Record<string, unknown> }): string | null {
  const token = to.query['screen'];
  return to.name === 'wall' && typeof token === 'string' && token !== '' ? token : null;
}

/** How long it has been open, in words: beside waits of callers figures alone would be read as minutes and seconds. */
export function age(openedAt: string, now: number): string {
  const minutes = Math.max(0, Math.floor((now - Date.parse(openedAt)) / 60_000));
  if (minutes < 60) return t('wall.age.minutes', { n: minutes });
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? t('wall.age.hours', { n: hours }) : t('wall.age.days', { n: Math.floor(hours / 24) });
}

/** The wait of who waits longest goes on between two answers of the daemon. */
export function longestNow(
  board: Pick<Wallboard, 'waiting' | 'longest_wait_ms'>,
  receivedAt: number,
  now: number,
): number {
  return board.waiting > 0 ? board.longest_wait_ms + Math.max(0, now - receivedAt) : 0;
}

export interface Bar {
  hour: number;
  /** Shares of the height of the chart. */
  offered: number;
  answered: number;
  count: number;
}

const FIRST_HOUR = 8;
const LAST_HOUR = 18;

/** The hours of the office, and every other hour in which somebody called. */
export function hourBars(hours: Wallboard['hours']): Bar[] {
  const byHour = new Map(hours.map((one) => [one.hour, one]));
  const busy = hours.filter((one) => one.offered > 0).map((one) => one.hour);
  const first = Math.min(FIRST_HOUR, ...busy);
  const last = Math.max(LAST_HOUR, ...busy);
  const highest = Math.max(1, ...hours.map((one) => one.offered));
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const one = byHour.get(first + i) ?? { offered: 0, answered: 0 };
    return {
      hour: first + i,
      offered: one.offered / highest,
      answered: Math.min(one.answered, one.offered) / highest,
      count: one.offered,
    };
  });
}
