// Times are shown as a clock in the county shows them, wherever the browser is.
const zone = 'Asia/Shanghai';

const parts = new Intl.DateTimeFormat('en-GB', {
  timeZone: zone,
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

function split(at: string | number): Record<string, string> | null {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return null;
  return Object.fromEntries(parts.formatToParts(date).map((p) => [p.type, p.value]));
}

export function dateTime(at: string | number | null | undefined): string {
  const p = at === null || at === undefined ? null : split(at);
  return p ? `${p.year}-${p.month}-${p.day} ${p.hour}:${p.minute}:${p.second}` : '—';
}

/** The day it is in the county: YYYY-MM-DD. */
export const countyDay = (at: string | number): string => dateTime(at).slice(0, 10);

export function minuteTime(at: string | number | null | undefined): string {
  const p = at === null || at === undefined ? null : split(at);
  return p ? `${p.month}-${p.day} ${p.hour}:${p.minute}` : '—';
}

export function clockTime(at: string | number | null | undefined): string {
  const p = at === null || at === undefined ? null : split(at);
  return p ? `${p.hour}:${p.minute}:${p.second}` : '—';
}

/** 65000 -> 1:05, 3725000 -> 1:02:05 */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return '—';
  const total = Math.max(0, Math.floor(ms / 1000));
  const pad = (n: number) => String(n).padStart(2, '0');
  const [h, m, s] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  return h > 0 ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
}

export function elapsed(since: string | null | undefined, now: number): string {
  if (!since) return '—';
  return duration(now - Date.parse(since));
}

/** A day picked in the county's calendar as the instant it begins, or the instant the next day begins. */
export function dayStart(day: string | null | undefined): string | undefined {
  return day ? `${day}T00:00:00+08:00` : undefined;
}

export function dayEnd(day: string | null | undefined): string | undefined {
  return day ? `${day}T23:59:59.999+08:00` : undefined;
}
