// Which microphone, headset and bell this workplace uses. Kept in the browser: they belong to the desk, not to the person.
import { ref } from 'vue';

export type Purpose = 'microphone' | 'speaker' | 'bell';
export type Choice = Record<Purpose, string>;
export interface Device {
  id: string;
  label: string;
}

const kept = 'minsheng.devices';
const none: Choice = { microphone: '', speaker: '', bell: '' };

function read(): Choice {
  try {
    return { ...none, ...(JSON.parse(localStorage.getItem(kept) ?? '{}') as Partial<Choice>) };
  } catch {
    return { ...none };
  }
}

export const choice = ref<Choice>(read());
export const microphones = ref<Device[]>([]);
export const outputs = ref<Device[]>([]);

export function keep(purpose: Purpose, id: string): void {
  choice.value = { ...choice.value, [purpose]: id };
  localStorage.setItem(kept, JSON.stringify(choice.value));
}

// Chrome lists the system's default twice: under its own name and as `default`.
function named(devices: readonly MediaDeviceInfo[], kind: MediaDeviceKind): Device[] {
  return devices
    .filter((device) => device.kind === kind && !['', 'default', 'communications'].includes(device.deviceId))
    .map((device) => ({ id: device.deviceId, label: device.label }));
}

/** Labels are there only after the microphone was allowed once. */
export async function listDevices(): Promise<void> {
  const found = await navigator.mediaDevices.enumerateDevices();
  microphones.value = named(found, 'audioinput');
  outputs.value = named(found, 'audiooutput');
}

/** The chosen microphone, or the system's when that one is unplugged. */
export async function openMicrophone(): Promise<MediaStreamTrack> {
  const wish = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
  const id = choice.value.microphone;
  const chosen: MediaTrackConstraints = id ? { ...wish, deviceId: { exact: id } } : wish;
  const stream = await navigator.mediaDevices.getUserMedia({ audio: chosen }).catch((error: unknown) => {
    const unplugged = error instanceof DOMException && error.name === 'OverconstrainedError';
    if (!id || !unplugged) throw error;
    return navigator.mediaDevices.getUserMedia({ audio: wish });
  });
  const [track] = stream.getAudioTracks();
  if (!track) throw new DOMException('no audio track', 'NotFoundError');
  return track;
}

/** Plays through the chosen output; a browser without the choice, or an unplugged one, uses the system's. */
export async function route(audio: HTMLAudioElement, purpose: 'speaker' | 'bell'): Promise<void> {
  if (typeof audio.setSinkId !== 'function') return;
  await audio.setSinkId(choice.value[purpose]).catch(() => audio.setSinkId(''));
}
