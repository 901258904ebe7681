// Masked contact: the clerk is called, then the citizen, over the hotline's number.
import { http } from './http';

export const contacts = {
  phone: () => http.load<{ phone: string | null }>('contact-phone', {}),
  call: (number: string, phone: string) =>
    http.post<{ call_id: string; clerk_phone: string }>(`tickets/${number}/call_citizen`, { phone }),
};
