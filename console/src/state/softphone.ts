// The softphone of this browser: one for all pages, because a call must not end when the person opens another page.
import { computed, ref, shallowRef } from 'vue';
import { desk } from '@/api';
import { Problem } from '@/api/problem';
import type { LineNews } from '@/api/types';
import { listDevices, openMicrophone, route } from '@/desk/devices';
import { Line, type LineState } from '@/desk/line';
import { levelsOf, type Levels } from '@/desk/levels';
import { connectPeer, type MediaPeer } from '@/desk/peer';
import { holdLine, type Release } from '@/desk/tabs';
import { tellProblem } from './message';

export type Hindrance = 'insecure' | 'denied' | 'no_device' | 'elsewhere' | null;

const kept = 'minsheng.softphone';
const state = ref<LineState>('off');
const hindrance = ref<Hindrance>(null);
const muted = ref(false);
const peer = shallowRef<MediaPeer | null>(null);
let microphone: MediaStreamTrack | null = null;
let release: Release = () => undefined;

const speaker = new Audio();
speaker.autoplay = true;
speaker.dataset.role = 'line';

function refusal(error: unknown): Hindrance {
  if (!(error instanceof DOMException)) return null;
  if (error.name === 'NotAllowedError') return 'denied';
  return error.name === 'NotFoundError' || error.name === 'NotReadableError' ? 'no_device' : null;
}

/** What the daemon refuses it refuses again; what fails otherwise may work in a moment. */
function isFinal(error: unknown): boolean {
  if (error instanceof Problem) return error.status >= 400 && error.status < 500 && error.status !== 429;
  return refusal(error) !== null;
}

/** One open microphone for all connections: asking again at each would blink the browser's light. */
async function liveMicrophone(): Promise<MediaStreamTrack> {
  if (microphone?.readyState !== 'live') {
    microphone = await openMicrophone();
    microphone.addEventListener('ended', () => void changeMicrophone());
    void listDevices();
  }
  microphone.enabled = !muted.value;
  return microphone;
}

const line = new Line({
  async peer(events) {
    const track = await liveMicrophone();
    peer.value = connectPeer(track, hear, events);
    return peer.value;
  },
  register: (sdp) => desk.line(sdp),
  // A daemon that does not hear this notices the silent line by itself.
  release: async () => void (await desk.release().catch(() => undefined)),
  told(next, error) {
    state.value = next;
    if (error !== null) hindrance.value = refusal(error);
    if (error instanceof Problem && isFinal(error)) tellProblem(error);
    if (next === 'connected') hindrance.value = null;
    if (next === 'off' || next === 'replaced') letGo();
  },
  later(act, ms) {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
  isFinal,
});

function hear(stream: MediaStream): void {
  speaker.srcObject = stream;
  void route(speaker, 'speaker');
  speaker.play().catch(() => undefined);
}

function letGo(): void {
  microphone?.stop();
  microphone = null;
  speaker.srcObject = null;
  peer.value = null;
}

/** Another microphone was chosen, or the one in use was unplugged. */
async function changeMicrophone(): Promise<void> {
  if (!peer.value) return;
  microphone?.stop();
  microphone = null;
  await peer.value.replaceTrack(await liveMicrophone()).catch(tellProblem);
}

function begin(steal: boolean): void {
  if (!globalThis.isSecureContext || !navigator.mediaDevices) {
    hindrance.value = 'insecure';
    return;
  }
  release();
  if (!steal) hindrance.value = 'elsewhere';
  release = holdLine(
    steal,
    () => {
      if (hindrance.value === 'elsewhere') hindrance.value = null;
      void line.open();
    },
    () => line.yield(),
  );
}

export const softphone = {
  state: computed(() => state.value),
  hindrance: computed(() => hindrance.value),
  muted: computed(() => muted.value),
  connected: computed(() => state.value === 'connected'),

  /** Whether the person works with this browser rather than with a desk phone. */
  isWanted: (): boolean => localStorage.getItem(kept) === 'on',

  /** Goes on after a reload, without anybody asking. */
  resume(): void {
    if (softphone.isWanted()) begin(false);
    else if (!globalThis.isSecureContext) hindrance.value = 'insecure';
  },

  /** The person wants the line here, also when another tab or desk has it. */
  use(): void {
    localStorage.setItem(kept, 'on');
    if (state.value === 'replaced') line.yield();
    begin(true);
  },

  async leave(): Promise<void> {
    localStorage.removeItem(kept);
    await softphone.rest();
  },

  /** Without forgetting that this browser is the person's telephone: the next log-in connects again. */
  async rest(): Promise<void> {
    await line.close();
    release();
    hindrance.value = null;
  },

  heard: (news: { line: string; state: LineNews }) => line.heard(news.line, news.state),
  again: () => line.again(),

  mute(on: boolean): void {
    muted.value = on;
    if (microphone) microphone.enabled = !on;
  },

  changeMicrophone,
  changeSpeaker: () => route(speaker, 'speaker'),

  async levels(): Promise<Levels> {
    const report = await peer.value?.stats();
    return levelsOf(report ? [...report.values()] : []);
  },
};

globalThis.addEventListener?.('online', () => void softphone.again());
