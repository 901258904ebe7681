// Which notices are for whom, and what they say. Pure.
import type { Notice } from '@/api/life';
import type { Role } from '@/api/types';
import { locale, nameOf, t, textOf } from '@/i18n';
import { sayLimit } from './limits';
import { minuteTime } from './time';

/**
 * A unit is told of all that is its own. The office watches the clocks: that a unit was given a ticket is said to
 * the unit, and operators, who watch over no unit, hear of the clocks of the office alone.
 */
export function concerns(role: Role | null, notice: Pick<Notice, 'step' | 'unit_code'>): boolean {
  if (role === 'unit') return true;
  if (notice.step.startsWith('given:')) return false;
  return role !== 'operator' || notice.unit_code === null;
}

/** What is left of a limit: `left20%` or `left3wd`. */
function left(step: string): string | undefined {
  const rest = /^left(.+)$/.exec(step)?.[1];
  return rest && t('notice.step.left', { rest: sayLimit(rest) });
}

/** The daemon's sentence is Chinese; in the other language its facts are put in words, behind the title it begins with. */
export function sayNotice(notice: Notice): string {
  const [step = ''] = notice.step.split(':');
  const said = left(step) ?? textOf('notice.step', step);
  if (locale.value === 'zh-CN' || !said) return notice.text;
  const title = /^《.*》/.exec(notice.text)?.[0] ?? notice.number;
  const about = step === 'given' ? said : `${nameOf('timer', notice.timer)}: ${said}`;
  return `${title} ${about}, ${t('notice.due', { due: minuteTime(notice.due) })}`;
}
