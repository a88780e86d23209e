import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SHORTEST_SLICE_MS, TimeSlices } from './time-slices.ts';

describe('TimeSlices', () => {
  it('cover the range without gap or overlap, however many readings lie where', () => {
    const range = fc.tuple(fc.integer({ min: 0, max: 2e12 }), fc.integer({ min: 1, max: 4e10 }));
    fc.assert(
      fc.property(range, fc.array(fc.nat(1_000_000), { minLength: 1 }), ([from, length], counts) => {
        const slices = new TimeSlices(from, from + length, 100_000);
        let at = from;
        for (let i = 0; i < 200; i++) {
          const slice = slices.next;
          if (slice === undefined) break;
          if (slice.from !== at || slice.to <= slice.from)
            throw new Error(`At ${at} the slice is from ${slice.from} to ${slice.to}.`);
          const count = counts[i % counts.length]!;
          if (count > 200_000 && slices.shorten()) continue;
          slices.passed(count);
          at = slice.to;
        }
        expect(slices.next === undefined).toBe(at === from + length);
      }),
    );
  });

  it('grow over empty years in a few steps, and shrink where there is much', () => {
    const slices = new TimeSlices(0, 50 * 365 * 86_400_000, 1000);
    let steps = 0;
    for (; slices.next !== undefined; steps++) slices.passed(0);
    expect(steps).toBeLessThan(20);
    const busy = new TimeSlices(0, 86_400_000, 1000);
    busy.passed(60_000);
    expect(busy.next).toEqual({ from: 3_600_000, to: 3_660_000 });
  });

  it('are never shorter than a second', () => {
    const slices = new TimeSlices(0, 86_400_000, 1000);
    while (slices.shorten());
    expect(slices.next).toEqual({ from: 0, to: SHORTEST_SLICE_MS });
    slices.passed(10_000_000);
    expect(slices.next).toEqual({ from: 1_000, to: 2_000 });
  });
});
