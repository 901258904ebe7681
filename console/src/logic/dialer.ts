// How the dialer's figures are put into words. Pure.
import { listed } from '@/i18n';
import type { Dialer, DialerCount, DialerKind } from '@/api/dialer';

/** 7200 -> 2 小时 or 2 h; the unit names come from the page's language. */
export function waits(seconds: readonly number[], unit: { hours: string; minutes: string }): string {
  const one = (span: number) =>
    span % 3600 === 0 ? `${span / 3600} ${unit.hours}` : `${Math.round(span / 60)} ${unit.minutes}`;
  return listed(seconds.map(one));
}

/** What today's attempts of a kind came to, the most frequent first; those under way are not over. */
export function todayOf(dialer: Pick<Dialer, 'today'>, purpose: string): DialerCount[] {
  const own = dialer.today.filter((count) => count.purpose === purpose && count.word !== 'under_way');
  return own.sort((a, b) => b.count - a.count);
}

/** Whether the reason is worth a warning: something other than time holds calls whose time has come. */
export function isHeld(kind: Pick<DialerKind, 'due' | 'why' | 'paused'>): boolean {
  if (kind.paused) return true;
  return kind.due > 0 && kind.why !== null && !['next', 'later', 'quiet_hours'].includes(kind.why);
}
