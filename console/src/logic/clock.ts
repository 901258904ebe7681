// A running clock in words, as a share and as a form: never by its colour alone.
import type { TicketClock } from '@/api/types';
import { t } from '@/i18n';
import { countyDay } from './time';

export type Pace = 'calm' | 'near' | 'late' | 'stopped';

/** From which share of its time on a clock is near its end. */
const near = 75;

/** How much of its time is used up, in percent. */
export function share(clock: TicketClock): number {
  if (clock.late) return 100;
  if (clock.due === null || clock.total_minutes === 0) return 0;
  return Math.max(0, Math.round(100 - (100 * clock.remaining_minutes) / clock.total_minutes));
}

export function pace(clock: TicketClock): Pace {
  if (clock.due === null) return 'stopped';
  if (clock.late) return 'late';
  return share(clock) >= near ? 'near' : 'calm';
}

export function left(clock: TicketClock, now: number): string {
  if (clock.due === null) return t('limits.stopped');
  if (clock.late) return t('limits.late');
  if (clock.limit.endsWith('d')) {
    if (countyDay(clock.due) === countyDay(now)) return t('limits.today');
    if (clock.remaining_days > 0) return t('limits.daysLeft', { days: clock.remaining_days });
  }
  const [hours, minutes] = [Math.floor(clock.remaining_minutes / 60), clock.remaining_minutes % 60];
  return hours > 0 ? t('limits.hoursLeft', { hours, minutes }) : t('limits.minutesLeft', { minutes });
}

const order = ['dispatch', 'review', 'callback', 'dispute', 'redo', 'handle', 'sign'];

/** Of all the clocks on a ticket the one that whoever has it works against. */
export function leading<T extends TicketClock>(clocks: readonly T[]): T | undefined {
  const found = order.map((timer) => clocks.find((clock) => clock.timer === timer));
  return found.find((clock) => clock !== undefined) ?? clocks[0];
}
