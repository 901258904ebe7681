// Which notices are for whom. Pure.
import type { Notice } from '@/api/life';
import type { Role } from '@/api/types';

/**
 * A unit is told of all that is its own. The office watches the clocks: that a unit was given a ticket is said to
 * the unit, and operators, who watch over no unit, hear of the clocks of the office alone.
 */
export function concerns(role: Role | null, notice: Pick<Notice, 'step' | 'unit_code'>): boolean {
  if (role === 'unit') return true;
  if (notice.step.startsWith('given:')) return false;
  return role !== 'operator' || notice.unit_code === null;
}
