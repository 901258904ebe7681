import { http } from './http';
import type { Notice } from './life';

export const notices = {
  latest: () => http.load<{ items: Notice[]; unread: number }>('notices'),
  read: (id: number) => http.post('notices/read', { id }),
};
