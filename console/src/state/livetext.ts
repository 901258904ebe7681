import { computed, ref, watch, type Ref } from 'vue';
import { calls, live } from '@/api';
import type { LiveSegment, LiveTranscript } from '@/api/types';
import { inOrder, withSegment } from '@/logic/transcript';
import { useNews } from './events';

/** What is being said in a call, sentence by sentence; asked for anew after each interruption of the stream. */
export function useLiveText(call: Ref<string | null>) {
  const heard = ref<LiveSegment[]>([]);
  const state = ref<LiveTranscript['state'] | null>(null);

  // A hotline without a speech model works; its live text stays empty for ever, which should be said.
  const hasModel = ref(true);

  async function askForModel(): Promise<void> {
    const overview = await live.overview().catch(() => null);
    if (overview) hasModel.value = overview.speech.state !== 'no_model';
  }

  async function load(): Promise<void> {
    const id = call.value;
    if (!id) return;
    const got = await calls.liveTranscript(id).catch(() => null);
    if (id !== call.value) return;
    state.value = got?.state ?? null;
    if (got) heard.value = got.segments;
    if (got?.state === 'none') void askForModel();
    else if (got) hasModel.value = true;
  }

  function put(segment: LiveSegment): void {
    heard.value = withSegment(heard.value, segment);
    // Only the answer tells whether the daemon keeps up with what is said.
    if (state.value !== 'live' && segment.final) void load();
  }

  watch(
    call,
    () => {
      [heard.value, state.value] = [[], null];
      void load();
    },
    { immediate: true },
  );
  useNews(
    (news) => {
      if (news.kind === 'transcript.live' && news.data.call_id === call.value) put(news.data.segment);
    },
    () => void load(),
  );
  return { state, hasModel, segments: computed(() => inOrder(heard.value)) };
}
