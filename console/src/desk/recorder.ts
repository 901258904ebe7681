// A few spoken sentences from the microphone, as a WAV file.
import { openMicrophone } from '@/desk/devices';
import { toWav } from '@/logic/wav';

export interface Recorder {
  /** Ends it; the microphone is let go. */
  stop: () => Promise<Blob>;
}

/** The browser records in a form of its own, which only it can read: it also turns it into samples. */
export async function record(): Promise<Recorder> {
  const track = await openMicrophone();
  const parts: Blob[] = [];
  const recorder = new MediaRecorder(new MediaStream([track]));
  recorder.ondataavailable = (event) => parts.push(event.data);
  const ended = new Promise<void>((done) => (recorder.onstop = () => done()));
  recorder.start();
  return {
    async stop() {
      recorder.stop();
      await ended;
      track.stop();
      const context = new AudioContext();
      try {
        const sound = await context.decodeAudioData(await new Blob(parts).arrayBuffer());
        return new Blob([toWav(sound.getChannelData(0), sound.sampleRate)], { type: 'audio/wav' });
      } finally {
        await context.close();
      }
    },
  };
}
