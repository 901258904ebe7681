// When something is open, and which days differ from the plain week.
import { http } from './http';
import type { VersionEntry } from './types';

export interface Schedule {
  name: string;
  title: string;
  always: boolean;
  workdays: string[];
  holidays: string[];
}

export interface ScheduleState {
  settings: Schedule;
  version: number;
  updated_at: string;
  updated_by: string;
  is_open: boolean;
  changes_at: string | null;
  menus: string[];
}

export interface KnownYear {
  year: number;
  is_known: boolean;
  workdays: number;
}

export interface Holiday {
  date: string;
  name: string;
  /** Worked instead of a holiday, otherwise. */
  off: boolean;
}

export interface CalendarYear extends KnownYear {
  days: Holiday[];
  /** 0: as the files of the provisioning say. */
  version: number;
  updated_at: string | null;
  updated_by: string | null;
}

const part = encodeURIComponent;

export const schedules = {
  list: () => http.load<Schedule[]>('schedules'),
  one: (name: string) => http.load<ScheduleState>(`schedules/${part(name)}`),
  save: (schedule: Schedule, version: number) =>
    http.put<ScheduleState>(`schedules/${part(schedule.name)}`, schedule, { version }),
  versions: (name: string) => http.load<VersionEntry[]>(`schedules/${part(name)}/versions`),
  rollback: (name: string, version: number) => http.post(`schedules/${part(name)}/rollback`, { version }),
};

export const calendar = {
  years: () => http.load<KnownYear[]>('calendar'),
  one: (year: number) => http.load<CalendarYear>(`calendar/${year}`),
  save: (year: number, days: Holiday[], version: number) =>
    http.put<CalendarYear>(`calendar/${year}`, { days, version }),
  versions: (year: number) => http.load<VersionEntry[]>(`calendar/${year}/versions`),
  rollback: (year: number, version: number) => http.post(`calendar/${year}/rollback`, { version }),
};
