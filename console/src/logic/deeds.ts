// What the audit log calls a deed, in the words of the console.
import { nameOf } from '@/i18n';

/** `ticket.dispatch` is 工单 · 派单; what has no name of its own is shown as it came. */
export function deed(action: string): string {
  const whole = nameOf('deed', action);
  if (whole !== action) return whole;
  const [kind = '', ...rest] = action.split('.');
  const verb = rest.join('.');
  const step = kind === 'ticket' ? nameOf('action', verb) : nameOf('deed.verb', verb);
  return [nameOf('deed.kind', kind), step].filter((word) => word && word !== '—').join(' · ');
}
