import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue';
import { flows, menus } from '@/api';
import type { FlowFault } from '@/api/flow-types';
import type { Menu, MenuFlow, MenuNode, Place } from '@/api/types';
import { t } from '@/i18n';
import { faultsByNode, readingOrder, waysOf, withLayout, withWay, handleOf } from '@/logic/menu';
import { tell } from './message';

export type MenuEditor = ReturnType<typeof useMenuEditor>;

const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
/** Typing is not interrupted by a check at every key. */
const PAUSE_MS = 500;

const emptyFlow = (name: string): MenuFlow => ({
  name,
  title: name,
  start: 'general',
  nodes: { general: { type: 'queue', queue: 'general' } },
});

/** A flow being worked on: what is in force, what is kept as a draft, what the page has on top of it, and the daemon's faults with that. */
export function useMenuEditor(name: string) {
  const menu = shallowRef<Menu | null>(null);
  const kept = shallowRef<MenuFlow | null>(null);
  const flow = shallowRef<MenuFlow | null>(null);
  const hasDraft = ref(false);
  const base = ref(0);
  const found = shallowRef<FlowFault[]>([]);
  const error = ref<unknown>(null);
  const busy = ref(false);
  const changed = computed(() => flow.value !== null && !same(flow.value, kept.value));
  const order = computed(() => (flow.value ? readingOrder(flow.value) : { reached: [], unreached: [] }));
  const faults = computed(() => (flow.value ? faultsByNode(flow.value, found.value) : {}));

  async function guarded(act: () => Promise<void>): Promise<boolean> {
    busy.value = true;
    error.value = null;
    let done = true;
    await act().catch((e: unknown) => {
      error.value = e;
      done = false;
    });
    busy.value = false;
    return done;
  }

  const load = () =>
    guarded(async () => {
      const [all, drafts] = await Promise.all([menus.list(), flows.drafts()]);
      menu.value = all.find((one) => one.name === name) ?? null;
      hasDraft.value = drafts.some((draft) => draft.name === name);
      const draft = hasDraft.value ? await flows.draft(name) : null;
      kept.value = draft?.flow ?? menu.value?.flow ?? null;
      base.value = draft?.base_version ?? menu.value?.version ?? 0;
      found.value = draft?.faults ?? [];
      flow.value = copy(kept.value ?? emptyFlow(name));
    });

  async function keepNow(): Promise<void> {
    const sent = flow.value;
    if (!sent) return;
    const draft = await flows.keep(name, sent, base.value);
    // As it was sent, for the daemon writes the fields in an order of its own; what was typed meanwhile is not kept yet.
    [kept.value, found.value, hasDraft.value] = [copy(sent), draft.faults, true];
  }

  const save = () =>
    guarded(async () => {
      await keepNow();
      tell(t('menu.kept'));
    });

  const publish = () =>
    guarded(async () => {
      if (changed.value || !hasDraft.value) await keepNow();
      await flows.publish(name);
      tell(t('menu.published'));
    }).then((done) => (done ? load() : false));

  /** The draft as it is on the page, so that it is what rings. */
  const ring = (facts: string[]) =>
    guarded(async () => {
      if (changed.value) await keepNow();
      await flows.ring(name, facts);
    });

  const take = (toml: string) =>
    guarded(async () => void (await flows.take(name, toml))).then((done) => (done ? load() : false));

  const discard = () =>
    guarded(async () => {
      if (hasDraft.value) await flows.discard(name);
    }).then(load);

  let timer: ReturnType<typeof setTimeout> | undefined;
  let latest = 0;
  watch(flow, (next) => {
    clearTimeout(timer);
    if (!next || same(next, kept.value)) return;
    timer = setTimeout(() => void check(next), PAUSE_MS);
  });
  onScopeDispose(() => clearTimeout(timer));

  async function check(next: MenuFlow): Promise<void> {
    const mine = (latest += 1);
    const checked = await flows.check(name, next).catch(() => null);
    if (checked && mine === latest) found.value = checked.faults;
  }

  function replace(next: MenuFlow): void {
    flow.value = next;
  }

  function putNode(node: string, value: MenuNode): void {
    if (flow.value) flow.value = { ...flow.value, nodes: { ...flow.value.nodes, [node]: value } };
  }

  function putWay(node: string, handle: string, target: string | null): void {
    const value = flow.value?.nodes[node];
    if (value) putNode(node, withWay(value, handle, target));
  }

  function putPlace(node: string, at: Place): void {
    if (flow.value) flow.value = withLayout(flow.value, { ...flow.value.layout, [node]: at });
  }

  /** Everything where it would lie if nobody had moved it. */
  function tidy(): void {
    if (flow.value) flow.value = withLayout(flow.value, {});
  }

  /** The ways that led to it lead nowhere from now on, which the check says. */
  function removeNode(node: string): void {
    if (!flow.value) return;
    const others = Object.entries(flow.value.nodes).filter(([other]) => other !== node);
    const cut = (value: MenuNode): MenuNode =>
      waysOf(value)
        .filter((way) => way.target === node)
        .reduce((left, way) => withWay(left, handleOf(way.field, way.key), null), value);
    const nodes = Object.fromEntries(others.map(([key, value]) => [key, cut(value)]));
    flow.value = withLayout({ ...flow.value, nodes }, flow.value.layout ?? {});
  }

  return {
    menu,
    flow,
    hasDraft,
    base,
    error,
    busy,
    changed,
    order,
    found,
    faults,
    load,
    save,
    publish,
    ring,
    take,
    discard,
    replace,
    putNode,
    putWay,
    putPlace,
    tidy,
    removeNode,
  };
}
