// Prompts: what the telephone says.
import { address, http } from './http';

/** How the county came by a sound of its own. */
export type Origin = 'uploaded' | 'recorded' | 'synthesised';

export interface Prompt {
  name: string;
  text: string;
  source: 'shipped' | Origin;
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
  put: (name: string, sound: Blob, text: string, origin: Origin) =>
    http.file<Prompt>(at(name), sound, { text, [origin]: origin === 'uploaded' ? null : 'true' }),
  /** The text as the county's speech endpoint says it. */
  speak: (text: string) => http.load<Blob>('speech', { text }),
  reset: (name: string) => http.remove(at(name)),
};
