// A year as an administrator sees it: twelve months, and the days that differ from the plain week.
import type { Holiday } from '@/api/hours';

export type DayKind = 'work' | 'weekend' | 'off' | 'makeup';

/** `2027-02-06`, of whatever date; months begin at 1. */
export const dateOf = (year: number, month: number, day: number): string =>
  `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;

/** 0 is Monday. */
export const weekday = (date: string): number => (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7;

export const isWeekend = (date: string): boolean => weekday(date) > 4;

/** Weeks of a month from Monday to Sunday; null where a day is of another month. */
export function weeksOf(year: number, month: number): (string | null)[][] {
  const length = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const days: (string | null)[] = Array.from({ length }, (_, index) => dateOf(year, month, index + 1));
  const lead = weekday(dateOf(year, month, 1));
  const cells = [...Array<null>(lead).fill(null), ...days];
  while (cells.length % 7) cells.push(null);
  return Array.from({ length: cells.length / 7 }, (_, week) => cells.slice(week * 7, week * 7 + 7));
}

export function kindOf(date: string, days: readonly Holiday[]): DayKind {
  const found = days.find((day) => day.date === date);
  if (found) return found.off ? 'off' : 'makeup';
  return isWeekend(date) ? 'weekend' : 'work';
}

/** One click: a plain day becomes what it is not (off, or worked on a weekend), an off weekend day worked, and all else plain again. */
export function turned(days: readonly Holiday[], date: string, name: string): Holiday[] {
  const rest = days.filter((day) => day.date !== date);
  const kind = kindOf(date, days);
  if (kind === 'work') rest.push({ date, name, off: true });
  if (kind === 'weekend') rest.push({ date, name, off: true });
  if (kind === 'off' && isWeekend(date)) rest.push({ date, name: nameOn(days, date) || name, off: false });
  return rest.sort((a, b) => a.date.localeCompare(b.date));
}

export const nameOn = (days: readonly Holiday[], date: string): string =>
  days.find((day) => day.date === date)?.name ?? '';

/** Spans of days of one holiday, for a list that people read: 春节 02-06 至 02-12. */
export interface Span {
  name: string;
  off: boolean;
  from: string;
  to: string;
}

export function spansOf(days: readonly Holiday[]): Span[] {
  const spans: Span[] = [];
  for (const { date, name, off } of [...days].sort((a, b) => a.date.localeCompare(b.date))) {
    const last = spans.at(-1);
    if (last && last.name === name && last.off === off && dayAfter(last.to) === date) last.to = date;
    else spans.push({ name, off, from: date, to: date });
  }
  return spans;
}

function dayAfter(date: string): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
}

/** A file in the form of NateScarlet/holiday-cn; null when it is none. */
export function readYear(text: string): { year: number; days: Holiday[] } | null {
  try {
    const file = JSON.parse(text) as { year?: unknown; days?: unknown };
    if (typeof file.year !== 'number' || !Array.isArray(file.days)) return null;
    const days = file.days.map((day: { name?: unknown; date?: unknown; isOffDay?: unknown }) => {
      const { name, date, isOffDay } = day;
      if (typeof name !== 'string' || typeof date !== 'string' || typeof isOffDay !== 'boolean')
        throw new TypeError('no day');
      return { date, name, off: isOffDay };
    });
    return { year: file.year, days };
  } catch {
    return null;
  }
}

/** `09:00-12:00`, as two times that a picker shows. */
export const ends = (hours: string): [string, string] => {
  const [from = '', to = ''] = hours.split('-');
  return [from, to];
};
