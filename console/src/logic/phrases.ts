// What is said so often that a button says it. What is recorded is Chinese in every language of the console.
import type { Ticket, TicketSummary } from '@/api/types';
import type { ActionForm } from './actions';

/** 属地优先 and its like (S0-27, S2-12): the rules by which duty is settled where it overlaps. */
export const rules: readonly string[] = ['属地优先', '首接负责', '就近定责', '案例推广'];

/** As the daemon reads a limit: working days. */
export const extensions: readonly string[] = ['1wd', '3wd', '5wd', '10wd'];

const again = ['如有新的事实或依据，可再次拨打12345反映'];
const channels: Record<string, readonly string[]> = {
  N1: ['请拨打事发地区号加12345，向当地热线反映'],
  N2: [
    '请向人民法院提起诉讼，可拨打12368咨询',
    '请向有管辖权的仲裁机构申请仲裁',
    '请拨打12388，向纪检监察机关反映',
    '请向行政复议机构申请行政复议',
    '请向制作或保存该信息的机关申请政府信息公开',
    '请向信访部门反映',
  ],
  N3: again,
  N4: ['请直接向有关主管机关反映'],
  N5: again,
  N6: again,
  N7: again,
  N8: again,
};

/** Where a citizen may turn to instead (official frame 2.1), by the reason of the refusal. */
export const channelsOf = (form: ActionForm): readonly string[] => channels[String(form.reason ?? '')] ?? [];

/** What a ticket may be merged into is still open. */
const over = new Set(['draft', 'closed', 'filed', 'rejected', 'transferred', 'void']);

/** Which open ticket may be of the same matter: of the same class and place first, then of the same caller. */
export function parentsOf(ticket: Pick<Ticket, 'number' | 'related' | 'history'>): TicketSummary[] {
  const all = [...ticket.related, ...ticket.history.tickets];
  const others = new Map(all.filter((one) => one.number !== ticket.number).map((one) => [one.number, one]));
  return [...others.values()].filter((one) => !over.has(one.state)).slice(0, 6);
}
