import { describe, expect, it } from 'vitest';
import { shapeOf, showsItself, sizeOf } from '@/logic/files';

describe('attachments', () => {
  it('are shown as what they are, and offered for saving where browsers draw nothing', () => {
    const shapes = ['image/jpeg', 'image/heif', 'video/mp4', 'audio/amr', 'application/pdf'].map(shapeOf);
    expect(shapes).toEqual(['picture', 'document', 'film', 'sound', 'document']);
  });

  it('are not loaded unasked when they are large', () => {
    const shows = [1 << 20, 6 << 20, (6 << 20) + 1].map((bytes) => showsItself('picture', bytes));
    expect(shows).toEqual([true, true, false]);
    expect(showsItself('film', 1)).toBe(false);
  });

  it('have a size that people read', () => {
    expect([1, 2048, 200 * 1024, 3.44 * 1024 * 1024].map(sizeOf)).toEqual([
      '1 kB',
      '2 kB',
      '0.2 MB',
      '3.4 MB',
    ]);
  });
});
