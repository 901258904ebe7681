import { expect, it } from 'vitest';
import { toWav } from '@/logic/wav';

it('writes a WAV that says how long it is and holds what is too loud', () => {
  const bytes = toWav(new Float32Array([0, 0.5, -2, 2]), 16000);
  const view = new DataView(bytes);
  const text = new TextDecoder('latin1').decode(bytes.slice(0, 44));
  expect([text.slice(0, 4), text.slice(8, 16), text.slice(36, 40)]).toEqual(['RIFF', 'WAVEfmt ', 'data']);
  expect([view.getUint32(4, true) + 8, view.getUint32(40, true)]).toEqual([bytes.byteLength, 8]);
  expect([view.getUint16(22, true), view.getUint32(24, true), view.getUint16(34, true)]).toEqual([
    1, 16000, 16,
  ]);
  expect([0, 2, 4, 6].map((at) => view.getInt16(44 + at, true))).toEqual([0, 16384, -32767, 32767]);
});
