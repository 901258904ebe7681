// The softphone of this browser: one for all pages, because a call must not end when the person opens another page.
import { computed, ref, shallowRef } from 'vue';
import { desk } from '@/api';
import { Problem } from '@/api/problem';
import type { LineNews } from '@/api/types';
import { listDevices, openMicrophone, route } from '@/desk/devices';
import { Line, type LineState } from '@/desk/line';
import { levelsOf, type Levels } from '@/desk/levels';
import { connectPeer, portOf, type MediaPeer } from '@/desk/peer';
import { holdLine, type Release } from '@/desk/tabs';
import { tellProblem } from './message';

export type Hindrance = 'insecure' | 'denied' | 'no_device' | 'elsewhere' | 'blocked' | 'silent' | null;

const kept = 'minsheng.softphone';
const state = ref<LineState>('off');
const hindrance = ref<Hindrance>(null);
const muted = ref(false);
// Whether the person works with this browser rather than with a desk phone.
const wanted = ref(localStorage.getItem(kept) === 'on');
/** Where the daemon takes this browser's audio. */
const port = ref<number | null>(null);
const peer = shallowRef<MediaPeer | null>(null);
let microphone: MediaStreamTrack | null = null;
let release: Release = () => undefined;

const speaker = new Audio();
speaker.autoplay = true;
speaker.dataset.role = 'line';

function refusal(error: unknown): Hindrance {
  if (!(error instanceof DOMException)) return null;
  if (error.name === 'NotAllowedError') return 'denied';
  return ['NotFoundError', 'NotReadableError', 'AbortError'].includes(error.name) ? 'no_device' : null;
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
  async register(sdp) {
    const answer = await desk.line(sdp);
    port.value = portOf(answer.sdp);
    return answer;
  },
  // A daemon that does not hear this notices the silent line by itself.
  release: async () => void (await desk.release().catch(() => undefined)),
  told(next, error) {
    state.value = next;
    if (error !== null) hindrance.value = refusal(error);
    // The daemon answered, and no packet came through.
    else if (next === 'lost' && !line.wasUp) hindrance.value = 'blocked';
    if (error instanceof Problem && isFinal(error)) tellProblem(error);
    if (next === 'connected') hindrance.value = null;
    if (next === 'off' || next === 'replaced') {
      if (hindrance.value === 'blocked') hindrance.value = null;
      letGo();
    }
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

/** Another microphone was chosen, or the one in use was unplugged: the line stays, and hears nothing until there is one. */
async function changeMicrophone(): Promise<void> {
  if (!peer.value) return;
  microphone?.stop();
  microphone = null;
  try {
    await peer.value.replaceTrack(await liveMicrophone());
    if (isOfMicrophone(hindrance.value)) hindrance.value = null;
  } catch (error) {
    hindrance.value = refusal(error);
    if (!hindrance.value) tellProblem(error);
  }
}

const isOfMicrophone = (what: Hindrance): boolean => what === 'no_device' || what === 'denied';

/** A headset was plugged in: what lacked one goes on by itself. */
async function devicesChanged(): Promise<void> {
  if (hindrance.value !== 'no_device') return;
  if (peer.value) await changeMicrophone();
  else if (wanted.value) await line.open();
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

  wanted: computed(() => wanted.value),
  port: computed(() => port.value),

  /** Goes on after a reload, without anybody asking. */
  resume(): void {
    if (wanted.value) begin(false);
    else if (!globalThis.isSecureContext) hindrance.value = 'insecure';
  },

  /** The person wants the line here, also when another tab or desk has it. */
  use(): void {
    localStorage.setItem(kept, 'on');
    wanted.value = true;
    if (state.value === 'replaced') line.yield();
    begin(true);
  },

  async leave(): Promise<void> {
    localStorage.removeItem(kept);
    wanted.value = false;
    await softphone.rest();
  },

  /** Without forgetting that this browser is the person's telephone: the next log-in connects again. */
  async rest(): Promise<void> {
    await line.close();
    release();
    hindrance.value = null;
  },

  heard(news: { line: string; state: LineNews }): void {
    // The connection stands and the microphone is dead: connecting again by itself would only fail again.
    if (line.heard(news.line, news.state) && news.state === 'silent') hindrance.value = 'silent';
  },
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
navigator.mediaDevices?.addEventListener('devicechange', () => void devicesChanged());
