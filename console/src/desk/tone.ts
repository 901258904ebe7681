// The ring of a call, made here: a WAV that loops. An audio element may play it before anybody has touched the page, because the
// microphone is open; an AudioContext may not.

const RATE = 16000;
const PERIOD_S = 3;
const RING_S = 1.2;
const WARBLE_S = 0.05;
const LOUDNESS = 0.5;
const EDGE_S = 0.01;

/** One period of the ring, −1 to 1. */
export function ring(): Float32Array {
  const samples = new Float32Array(RATE * PERIOD_S);
  let phase = 0;
  for (let i = 0; i < RATE * RING_S; i += 1) {
    const at = i / RATE;
    const hertz = Math.floor(at / WARBLE_S) % 2 === 0 ? 784 : 988;
    phase += (2 * Math.PI * hertz) / RATE;
    // Without soft edges each ring would click.
    const edge = Math.min(1, at / EDGE_S, (RING_S - at) / EDGE_S);
    samples[i] = Math.sin(phase) * LOUDNESS * edge;
  }
  return samples;
}

function header(view: DataView, bytes: number): void {
  const text = (at: number, word: string) =>
    [...word].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  text(0, 'RIFF');
  view.setUint32(4, 36 + bytes, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, RATE * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, 'data');
  view.setUint32(40, bytes, true);
}

export function wav(samples: Float32Array): ArrayBuffer {
  const file = new ArrayBuffer(44 + samples.length * 2);
  const view = new DataView(file);
  header(view, samples.length * 2);
  samples.forEach((sample, i) => view.setInt16(44 + i * 2, Math.round(sample * 32767), true));
  return file;
}
