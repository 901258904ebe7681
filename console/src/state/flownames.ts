import { ref } from 'vue';
import { queues } from '@/api';
import { http } from '@/api/http';

/** What a flow may name: for the lists to choose from. */
export interface FlowNames {
  prompts: string[];
  queues: string[];
  schedules: string[];
}

interface Named {
  name: string;
}

const names = (list: readonly Named[]): string[] => list.map((one) => one.name);

export function useFlowNames() {
  const known = ref<FlowNames>({ prompts: [], queues: [], schedules: [] });

  /** Without the lists names can still be typed: the check says which are wrong. */
  async function load(): Promise<void> {
    const [prompts, lines, schedules] = await Promise.all([
      http.load<Named[]>('prompts').catch(() => []),
      queues.list().catch(() => []),
      http.load<Named[]>('schedules').catch(() => []),
    ]);
    known.value = { prompts: names(prompts), queues: names(lines), schedules: names(schedules) };
  }
  return { known, load };
}
