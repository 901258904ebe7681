import { computed, ref, shallowRef } from 'vue';
import { menus } from '@/api';
import type { Menu, MenuFlow, MenuNode } from '@/api/types';
import { t } from '@/i18n';
import { faultsByNode, readingOrder } from '@/logic/menu';
import { fieldErrors } from '@/logic/problems';
import { tell } from './message';

export type MenuEditor = ReturnType<typeof useMenuEditor>;

const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** A flow being changed: the daemon's version, the draft over it, and the daemon's faults with the draft. */
export function useMenuEditor(name: string) {
  const menu = shallowRef<Menu | null>(null);
  const flow = shallowRef<MenuFlow | null>(null);
  const error = ref<unknown>(null);
  const busy = ref(false);
  const changed = computed(() => JSON.stringify(flow.value) !== JSON.stringify(menu.value?.flow));
  const order = computed(() => (flow.value ? readingOrder(flow.value) : { reached: [], unreached: [] }));
  const faults = computed(() => (flow.value ? faultsByNode(flow.value, fieldErrors(error.value)) : {}));

  async function guarded(act: () => Promise<void>): Promise<void> {
    busy.value = true;
    error.value = null;
    await act().catch((e: unknown) => (error.value = e));
    busy.value = false;
  }

  const load = () =>
    guarded(async () => {
      menu.value = await menus.one(name);
      flow.value = copy(menu.value.flow);
    });

  const save = () =>
    guarded(async () => {
      if (!flow.value || !menu.value) return;
      await menus.save(name, flow.value, menu.value.version);
      tell(t('common.saved'));
      menu.value = await menus.one(name);
      flow.value = copy(menu.value.flow);
    });

  function discard(): void {
    error.value = null;
    if (menu.value) flow.value = copy(menu.value.flow);
  }

  function replace(next: MenuFlow): void {
    flow.value = next;
  }

  function putNode(node: string, value: MenuNode): void {
    if (flow.value) flow.value = { ...flow.value, nodes: { ...flow.value.nodes, [node]: value } };
  }

  function removeNode(node: string): void {
    if (!flow.value) return;
    const nodes = Object.fromEntries(Object.entries(flow.value.nodes).filter(([other]) => other !== node));
    flow.value = { ...flow.value, nodes };
  }

  return {
    menu,
    flow,
    error,
    busy,
    changed,
    order,
    faults,
    load,
    save,
    discard,
    replace,
    putNode,
    removeNode,
  };
}
