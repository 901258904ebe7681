// What an administrator sets of a queue.

export type QueueStrategy = 'longest_idle' | 'least_talk' | 'round_robin' | 'tiers' | 'skill_level';

export interface QueueSettings {
  name: string;
  title: string;
  skill: string;
  priority: number;
  ring_seconds: number;
  ring_at_once: number;
  wrap_up_seconds: number;
  announce_seconds: number;
  max_wait_seconds: number;
  overflow_when_unstaffed: boolean;
  overflow_when_paused: boolean;
  strategy: QueueStrategy;
  tier_seconds: number;
  ageing_seconds: number;
  sticky_minutes: number;
  max_waiting: number;
  pause_after_missed: number;
  announce_wait: boolean;
  [other: string]: unknown;
}
