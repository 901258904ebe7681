// Time limits: the profiles there are, the one in force, what a ticket would get.
import { http } from './http';
import type { VersionEntry } from './types';

export interface OfferedProfile {
  name: string;
  title: string;
  basis: string;
  version: number;
  updated_at: string;
  updated_by: string;
}

export interface LimitChoice {
  profile: string;
  /** 0: nobody chose. */
  version: number;
  updated_at: string | null;
  updated_by: string | null;
  profiles: OfferedProfile[];
}

export interface ChoiceVersion extends VersionEntry {
  profile: string | null;
}

/** By timer: `5wd`, `24h` … */
export type Timers = Record<string, string>;

export interface LimitProfile {
  name: string;
  title: string;
  basis: string;
  count: {
    first_day: 'day_after' | 'same_day';
    due_at: string;
    after_hours: 'ordinary' | 'next_workday' | 'as_next_morning';
    workdays: string[];
    holidays: string[];
  };
  bands: Record<string, Timers>;
  kinds: Record<string, Timers>;
  returns: { within: string; dispute_after: number };
  extension: { times: number; longest: string };
  suspension_days: number;
  redo_rounds: number;
  repeat_days: number;
  file_after_days: number;
  reply_needs_contact: boolean;
  reply_needs_basis: boolean;
  reply_needs_checklist: boolean;
  reminders: { before: string[]; urge: string | null; supervise: string | null; report: string | null };
}

export interface ProfileState {
  settings: LimitProfile;
  in_force: boolean;
  version: number;
  updated_at: string;
  updated_by: string;
}

export interface PreviewClock {
  timer: string;
  limit: string;
  due: string | null;
  reminders: { step: string; at: string }[];
}

export interface LimitPreview {
  from: string;
  clocks: PreviewClock[];
  return_until: string | null;
  warnings: string[];
}

const at = (name: string, what = '') => `limits/profiles/${encodeURIComponent(name)}${what}`;

export const limits = {
  choice: () => http.load<LimitChoice>('limits'),
  choose: (profile: string, version: number) => http.put<LimitChoice>('limits', { profile, version }),
  choices: () => http.load<ChoiceVersion[]>('limits/versions'),
  rollbackChoice: (version: number) => http.post('limits/rollback', { version }),
  one: (name: string) => http.load<ProfileState>(at(name)),
  save: (settings: LimitProfile, version: number) =>
    http.put<ProfileState>(at(settings.name), settings, { version }),
  versions: (name: string) => http.load<VersionEntry[]>(at(name, '/versions')),
  rollback: (name: string, version: number) => http.post(at(name, '/rollback'), { version }),
  preview: (settings: LimitProfile, band: string, kind: string) =>
    http.post<LimitPreview>('limits/preview', { settings, band, kind }),
};
