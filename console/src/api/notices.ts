import { http } from './http';
import type { Notice } from './life';
import type { Page } from './types';

export type DeliveryState = 'waiting' | 'sending' | 'sent' | 'failed' | 'off';

/** One message to one person, by SMS or e-mail. */
export interface Delivery {
  id: number;
  number: string;
  unit_code: string | null;
  channel: 'sms' | 'mail';
  contact: string;
  /** Empty of a citizen. */
  address: string;
  state: DeliveryState;
  at: string;
  sent_at: string | null;
  error: string | null;
}

export const notices = {
  latest: () => http.load<{ items: Notice[]; unread: number }>('notices', { limit: 100 }),
  deliveries: (state: DeliveryState | undefined, cursor: string | undefined) =>
    http.load<Page<Delivery>>('notices/deliveries', { state, cursor }),
  /** Once for each press: what is on its way is not sent again. */
  sendAgain: (id: number) => http.post(`notices/deliveries/${id}/send`),
  read: (id: number) => http.post('notices/read', { id }),
};
