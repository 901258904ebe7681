// What the office knows of numbers, by which flows choose.
import { http, whole } from './http';

export interface Marked {
  number: string;
  /** vip, elderly, blacklist, confidential */
  marks: string[];
  note: string;
  updated_at: string;
  updated_by: string;
}

const at = (number: string) => `caller-marks/${encodeURIComponent(number)}`;

export const marks = {
  list: () => whole<Marked>('caller-marks'),
  put: (number: string, marked: string[], note: string) =>
    http.put<Marked>(at(number), { marks: marked, note }),
  remove: (number: string) => http.remove(at(number)),
};
