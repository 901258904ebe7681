// How loud the microphone is, as the connection itself measures it: what is shown is what is sent.

export interface Levels {
  spoken: number;
  heard: number;
}

interface Report {
  type?: unknown;
  kind?: unknown;
  audioLevel?: unknown;
}

/** From 0 to 1, on a scale where quiet speech is already seen: −60 dB is nothing, 0 dB is all. */
export function onScale(level: number): number {
  if (level <= 0.001) return 0;
  return Math.min(1, 1 + Math.log10(level) / 3);
}

function level(reports: readonly Report[], type: string): number {
  const found = reports.find((report) => report.type === type && report.kind === 'audio');
  return typeof found?.audioLevel === 'number' ? onScale(found.audioLevel) : 0;
}

export function levelsOf(reports: readonly Report[]): Levels {
  return { spoken: level(reports, 'media-source'), heard: level(reports, 'inbound-rtp') };
}
