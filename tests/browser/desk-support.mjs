// An operator's browser that speaks and hears tones, and the citizen who calls it.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { api, openPage, signIn, testId, visit } from './support.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const phones = Number(process.env.PHONES);
let dialled = 0;

export const CITIZEN_HERTZ = 440;

/** Runs in the page before the console: a microphone that speaks one tone, and an ear on the newest connection. */
function instruments(hertz) {
  const ear = { peers: [], sounds: [], sinks: {}, context: null, analyser: null, of: null };
  window.__ear = ear;
  const Peer = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Peer {
    constructor(...given) {
      super(...given);
      ear.peers.push(this);
    }
  };
  const play = HTMLMediaElement.prototype.play;
  HTMLMediaElement.prototype.play = function (...given) {
    if (!ear.sounds.includes(this)) ear.sounds.push(this);
    return play.apply(this, given);
  };
  const { setSinkId } = HTMLMediaElement.prototype;
  HTMLMediaElement.prototype.setSinkId = async function (id) {
    await setSinkId.call(this, id);
    ear.sinks[this.dataset.role] = id;
  };
  if (hertz) {
    navigator.mediaDevices.getUserMedia = async () => {
      const context = new AudioContext();
      const tone = new OscillatorNode(context, { frequency: hertz });
      const out = context.createMediaStreamDestination();
      tone.connect(new GainNode(context, { gain: 0.3 })).connect(out);
      tone.start();
      return out.stream;
    };
  }
}

/** Decibels of each tone in what the page hears now. */
function listen(hertz) {
  const ear = window.__ear;
  const track = ear.peers.at(-1)?.getReceivers()[0]?.track;
  if (!track) return hertz.map(() => -Infinity);
  if (ear.of !== track) {
    ear.context ??= new AudioContext();
    ear.analyser = new AnalyserNode(ear.context, { fftSize: 8192, smoothingTimeConstant: 0 });
    ear.context.createMediaStreamSource(new MediaStream([track])).connect(ear.analyser);
    ear.of = track;
  }
  const bins = new Float32Array(ear.analyser.frequencyBinCount);
  ear.analyser.getFloatFrequencyData(bins);
  const width = ear.context.sampleRate / ear.analyser.fftSize;
  return hertz.map((one) => Math.max(...bins.slice(Math.round(one / width) - 2, Math.round(one / width) + 3)));
}

const PRESENT_DB = -45;
const ABSENT_DB = -60;

/** An operator (or supervisor) at a desk whose microphone speaks `hertz`. */
export class Desk {
  /** `prepare` gets the page before the console. */
  static async open(browser, username, hertz, { viewport, prepare } = {}) {
    const { page, ...rest } = await openPage(browser, viewport);
    await page.addInitScript(instruments, hertz);
    await page.addInitScript(`window.__listen = ${listen}`);
    await prepare?.(page);
    await signIn(page, username);
    return Object.assign(new Desk(), { page, ...rest, username, hertz });
  }

  locate(id) {
    return this.page.locator(testId(id));
  }

  /** Connects the softphone, unless it is already. */
  async connect(page = '/desk') {
    await this.plugIn(page);
    if (page === '/desk') await this.comeIn();
  }

  async plugIn(page = '/desk') {
    await visit(this.page, page);
    const state = this.locate('line-state');
    if ((await state.getAttribute('data-state')) !== 'connected') await this.locate('line-connect').click();
    await this.page.locator(`${testId('line-state')}[data-state="connected"]`).waitFor();
  }

  /** A shift begins with a pause, in which the headset is tried. */
  async comeIn() {
    await this.page.locator(`${testId('desk-state')}:not([data-state="offline"])`).waitFor();
    const { reason } = await api(this.page, 'desk');
    if (reason !== 'sign_in') return;
    await this.locate('desk-ready').click();
    await this.state('ready').waitFor();
  }

  phase(name) {
    return this.page.locator(`[data-phase="${name}"]`);
  }

  state(name) {
    return this.page.locator(`${testId('desk-state')}[data-state="${name}"]`);
  }

  /** Waits until all of these are heard, and none of those. */
  async hears(hertz, not = [], timeout = 15_000) {
    await this.page
      .waitForFunction(
        ({ hertz, not, present, absent }) =>
          window.__listen(hertz).every((level) => level > present) && window.__listen(not).every((level) => level < absent),
        { hertz, not, present: PRESENT_DB, absent: ABSENT_DB },
        { timeout, polling: 20 },
      )
      .catch(async (error) => {
        const levels = await this.page.evaluate((all) => window.__listen(all), [...hertz, ...not]);
        throw new Error(`${this.username} should hear ${hertz} and not ${not}: ${levels.map(Math.round)} dB (${error.message})`);
      });
  }

  /** Waits until the length of the call, as the page shows it, has changed so many times. */
  async clockMoves(times) {
    const clock = this.page.locator('[data-phase] .time');
    for (let i = 0; i < times; i += 1) {
      const before = await clock.innerText();
      await this.page.waitForFunction((old) => document.querySelector('[data-phase] .time')?.innerText !== old, before);
    }
  }

  async isRinging() {
    return this.page.evaluate(() => window.__ear.sounds.some((one) => one.dataset.role === 'bell' && !one.paused));
  }
}

/** A citizen who dials 12345; `stop` makes them hang up. `by`: what citizen.sh takes as its third. */
export function callIn(number, by = '') {
  // The last but four has hung up long since.
  const port = phones + 20 * (dialled % 4);
  dialled += 1;
  const log = path.join(mkdtempSync(path.join(tmpdir(), 'minsheng-citizen-')), 'log');
  const phone = spawn(path.join(here, 'citizen.sh'), [number, String(port), by], {
    stdio: 'ignore',
    env: { ...process.env, CITIZEN_LOG: log },
  });
  const gone = new Promise((done) => phone.once('exit', done));
  return {
    gone,
    /** The keys that arrived at baresip, in their order; once it has stopped. */
    keys() {
      const text = readFileSync(log, 'utf8');
      return [...text.matchAll(/received (?:in-band DTMF )?event: '(.)' \(end=1\)/g)].map(([, key]) => key).join('');
    },
    stop() {
      phone.kill('SIGTERM');
      return gone;
    },
  };
}

function runs(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Ends the daemon as an administrator does; what starts it anew comes back, and ends that one. */
export function stopDaemon() {
  const pid = Number(process.env.DAEMON);
  process.kill(pid, 'SIGTERM');
  return async () => {
    while (runs(pid)) await new Promise((later) => setTimeout(later, 50));
    const daemon = spawn(process.env.MINSHENG, ['serve', '--config', process.env.CONFIG], { stdio: 'ignore' });
    const gone = new Promise((done) => daemon.once('exit', done));
    return () => {
      daemon.kill('SIGTERM');
      return gone;
    };
  };
}

/** How loud one channel of a 16-bit WAV is, window by window of 100 ms, from 0 to 1 (root of mean square). */
export function loudnessOverTime(wav, channel) {
  const view = new DataView(wav.buffer, wav.byteOffset, wav.byteLength);
  const [channels, rate] = [view.getUint16(22, true), view.getUint32(24, true)];
  const frames = Math.floor((wav.byteLength - 44) / 2 / channels);
  const size = rate / 10;
  return Array.from({ length: Math.floor(frames / size) }, (_, window) => {
    let sum = 0;
    for (let i = window * size; i < (window + 1) * size; i += 1) {
      sum += (view.getInt16(44 + (i * channels + channel) * 2, true) / 32768) ** 2;
    }
    return Math.sqrt(sum / size);
  });
}

/** How strong a tone is in one channel of a 16-bit WAV, window by window of 100 ms, from 0 to 1 (Goertzel). */
export function toneOverTime(wav, channel, hertz) {
  const view = new DataView(wav.buffer, wav.byteOffset, wav.byteLength);
  const [channels, rate] = [view.getUint16(22, true), view.getUint32(24, true)];
  const frames = Math.floor((wav.byteLength - 44) / 2 / channels);
  const size = rate / 10;
  const factor = 2 * Math.cos((2 * Math.PI * hertz) / rate);
  const strengths = [];
  for (let from = 0; from + size <= frames; from += size) {
    let [before, last] = [0, 0];
    for (let i = from; i < from + size; i += 1) {
      const sample = view.getInt16(44 + (i * channels + channel) * 2, true) / 32768;
      [before, last] = [last, sample + factor * last - before];
    }
    const power = last * last + before * before - factor * last * before;
    strengths.push((2 * Math.sqrt(Math.max(0, power))) / size);
  }
  return strengths;
}
