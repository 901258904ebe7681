// What a supervisor is doing with the calls of others, for every page: whom she hears, and who asked for her.
import { ref } from 'vue';
import { live, messages, supervision } from '@/api';
import type { Call, HelpWanted, MonitorMode } from '@/api/types';
import { stillWanted } from '@/logic/help';
import { tellProblem } from './message';

interface Monitored {
  call: string;
  /** Unknown after a reload. */
  operator: string | null;
  mode: MonitorMode;
}

const on = ref<Monitored | null>(null);
const help = ref<HelpWanted[]>([]);
// By operator, when the last cry was that this supervisor took note of: a reload does not cry again.
const kept = 'minsheng.help';

function seenUntil(): Record<string, string> {
  try {
    return JSON.parse(sessionStorage.getItem(kept) ?? '{}') as Record<string, string>;
  } catch {
    return {};
  }
}

export const supervise = {
  on,
  help,

  async monitor(call: string, operator: string, mode: MonitorMode): Promise<void> {
    try {
      if (on.value && on.value.call !== call) await supervision.leave(on.value.call);
      await supervision.monitor(call, mode);
      on.value = { call, operator, mode };
    } catch (error) {
      tellProblem(error);
    }
  },

  async leave(): Promise<void> {
    const now = on.value;
    on.value = null;
    if (now) await supervision.leave(now.call).catch(tellProblem);
  },

  async takeOver(call: string): Promise<void> {
    await supervision.takeOver(call).then(() => (on.value = null), tellProblem);
  },

  /** What the daemon says she hears. */
  found(now: { call_id: string; mode: MonitorMode } | null): void {
    if (!now) on.value = null;
    else {
      const operator = on.value?.call === now.call_id ? on.value.operator : null;
      on.value = { call: now.call_id, operator, mode: now.mode };
    }
  },

  /** A call that ended is no longer listened to. */
  changed(call: Call): void {
    if (call.state === 'ended' && call.id === on.value?.call) on.value = null;
  },

  wanted(one: HelpWanted): void {
    help.value = [...help.value.filter((other) => other.operator !== one.operator), one];
  },
  /** What was cried while this page was away. */
  async catchUp(): Promise<void> {
    const found = await Promise.all([messages.latest(), live.operators()]).catch(() => null);
    if (found) help.value = stillWanted(found[0], found[1], seenUntil(), Date.now());
  },
  seen(operator: string): void {
    const at = help.value.find((one) => one.operator === operator)?.at ?? new Date().toISOString();
    sessionStorage.setItem(kept, JSON.stringify({ ...seenUntil(), [operator]: at }));
    help.value = help.value.filter((one) => one.operator !== operator);
  },
};
