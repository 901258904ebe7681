// The bell of this workplace: rings on its own output, so that an operator with the headset on the table hears it.
import { route } from './devices';
import { ring, wav } from './tone';

let bell: HTMLAudioElement | null = null;
let trial: ReturnType<typeof setTimeout> | undefined;
const TRIAL_MS = 1500;

function made(): HTMLAudioElement {
  if (!bell) {
    bell = new Audio(URL.createObjectURL(new Blob([wav(ring())], { type: 'audio/wav' })));
    bell.loop = true;
    bell.dataset.role = 'bell';
  }
  return bell;
}

export async function start(): Promise<void> {
  clearTimeout(trial);
  const audio = made();
  audio.currentTime = 0;
  await route(audio, 'bell');
  // A browser that refuses sound before the first click still shows the call and notifies.
  await audio.play().catch(() => undefined);
}

export function stop(): void {
  clearTimeout(trial);
  bell?.pause();
}

export async function tryOut(): Promise<void> {
  await start();
  trial = setTimeout(stop, TRIAL_MS);
}

export const isRinging = (): boolean => bell !== null && !bell.paused;
