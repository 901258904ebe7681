// The directory of units: tree, people, hours; lists in and out.
import { address, http } from './http';

export interface UnitContact {
  name: string;
  office: string;
  phone: string;
  mobile: string;
  email: string;
  sms: boolean;
  mail: boolean;
  duty: string;
}

export interface UnitEntry {
  code: string;
  name: string;
  kind: string;
  parent: string | null;
  phone: string;
  workdays: string;
  holidays: string;
  contacts: UnitContact[];
}

/** One thing that a file, or a version, changes. */
export interface ListChange {
  of: 'unit' | 'contact' | 'duty';
  what: 'added' | 'changed' | 'removed';
  name: string;
  fields: { column: string; old: string; new: string }[];
}

/** What came of a file, or would: whatever it lists. */
export interface FileOutcome {
  applied: boolean;
  changes: readonly unknown[];
  faults: readonly { sheet?: string; row: number; column: string; message: string }[];
}

export interface ImportOutcome extends FileOutcome {
  changes: ListChange[];
  unchanged: number;
  faults: { sheet: string; row: number; column: string; message: string }[];
}

interface Directory {
  items: UnitEntry[];
}

const part = encodeURIComponent;

export const units = {
  all: () => http.load<Directory>('unit-directory'),
  save: (code: string, unit: Omit<UnitEntry, 'code' | 'contacts'>) =>
    http.put<Directory>(`unit-directory/${part(code)}`, unit),
  saveContacts: (code: string, contacts: UnitContact[]) =>
    http.put<Directory>(`unit-directory/${part(code)}/contacts`, { contacts }),
  take: (file: File, apply: boolean) =>
    http.upload<ImportOutcome>('unit-directory/import', file, { apply: String(apply), name: file.name }),
  exportAddress: (format: 'csv' | 'xlsx', contacts = false) =>
    address('unit-directory/export', { format, contacts: contacts ? 'true' : undefined }),
};
