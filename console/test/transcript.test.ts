import { describe, expect, it } from 'vitest';
import { inOrder, segmentAt, withSegment } from '@/logic/transcript';
import { segment } from './sample';

const talk = [segment('citizen', 1000, 3000), segment('office', 2500, 5000), segment('citizen', 9000, 9500)];

describe('the transcript follower', () => {
  it('finds nothing before the first word and in a long silence', () => {
    expect(segmentAt(talk, 0)).toBe(-1);
    expect(segmentAt(talk, 7000)).toBe(-1);
    expect(segmentAt([], 100)).toBe(-1);
  });
  it('finds the segment being spoken, its first millisecond included', () => {
    expect(segmentAt(talk, 1000)).toBe(0);
    expect(segmentAt(talk, 4000)).toBe(1);
  });
  it('takes the side that began last when both talk at once', () => {
    expect(segmentAt(talk, 2700)).toBe(1);
  });
  it('keeps a segment marked for a moment after its end', () => {
    expect(segmentAt(talk, 5300)).toBe(1);
    expect(segmentAt(talk, 5700)).toBe(-1);
  });
  it('orders two separately recognised sides by time', () => {
    expect(inOrder([talk[2], talk[1], talk[0]].filter((s) => s !== undefined))).toEqual(talk);
  });
});

describe('a sentence that is still being said', () => {
  const said = (text: string, final = false) => ({ ...segment('citizen', 1000, 3000), text, final });
  it('replaces what was heard of it before, and only that', () => {
    const before = [said('我家'), { ...segment('office', 1000, 2000), final: true }];
    expect(withSegment(before, said('我家停水', true)).map((one) => one.text)).toEqual([
      'office 1000',
      '我家停水',
    ]);
  });
  it('goes when it is taken back', () => {
    expect(withSegment([said('嗯')], said(''))).toEqual([]);
  });
});
