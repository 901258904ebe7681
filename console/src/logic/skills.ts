// What an operator serves of what she was given. Pure.
import type { DeskSkill } from '@/api/types';

/** The names of what is served, with one of them turned over. */
export function served(skills: readonly DeskSkill[], turned?: string): string[] {
  const serves = (one: DeskSkill): boolean => (one.skill === turned ? !one.serves : one.serves);
  return skills.filter(serves).map((one) => one.skill);
}
