import { describe, expect, it } from '@jest/globals';
import { SegmentPool } from './segment-pool.ts';
import type { Segment } from './segment.ts';
import { MINUTE } from './testing.ts';

const ranking = { ranks: () => Uint32Array.of(0, 1) };

function fill(segment: Segment, count: number, apartMs: number): void {
  for (let i = 0; i < count; i++) segment.append(segment.start + i * apartMs, i, i % 2, i % 3, ranking);
}

describe('SegmentPool', () => {
  it('uses a segment again as if it were new', () => {
    const pool = new SegmentPool();
    const first = pool.take(5 * MINUTE, 60);
    fill(first, 60, 1000);
    pool.give(first);
    const again = pool.take(7 * MINUTE, 40);
    expect(again).toBe(first);
    expect([again.start, again.end, again.length, again.dropped]).toEqual([7 * MINUTE, 8 * MINUTE, 0, 0]);
    again.append(7 * MINUTE, 1, 0, 2, ranking);
    expect([again.mark, again.members().length, again.memberIn(again.from)]).toEqual([2, 0, 0]);
  });

  it('makes room by the pace of the readings, once there are a few', () => {
    const segment = new SegmentPool().take(MINUTE, 1);
    fill(segment, 4, 1000);
    expect([segment.capacity, segment.expected]).toEqual([4, 61]);
    segment.append(segment.start + 4000, 9, 0, 0, ranking);
    expect([segment.capacity, segment.length]).toEqual([64, 5]);
  });

  it('makes no more room than for some more where many come at once', () => {
    const segment = new SegmentPool().take(MINUTE, 1);
    fill(segment, 5, 0.001);
    expect(segment.capacity).toBe(64);
  });

  it('lets go of one that had become very large', () => {
    const pool = new SegmentPool();
    const large = pool.take(0, 1e9);
    fill(large, 5000, 1);
    pool.give(large);
    expect(pool.take(0, 1e9)).not.toBe(large);
  });
});
