// Prompts: what the telephone says.
import { address, http } from './http';

export interface Prompt {
  name: string;
  text: string;
  source: 'shipped' | 'uploaded' | 'recorded';
  duration_ms: number;
  /** Peaks of equal parts, 0 to 100. */
  bars: number[];
  loudness: number | null;
  updated_at: string | null;
  updated_by: string | null;
}

const at = (name: string) => `prompts/${encodeURIComponent(name)}`;

export const prompts = {
  list: () => http.load<Prompt[]>('prompts'),
  /** The address changes with the sound, so that no browser plays the old one. */
  soundAddress: (prompt: Prompt) => address(`${at(prompt.name)}/audio`, { of: prompt.updated_at }),
  put: (name: string, sound: Blob, text: string, recorded: boolean) =>
    http.file<Prompt>(at(name), sound, { text, recorded: String(recorded) }),
  reset: (name: string) => http.remove(at(name)),
};
