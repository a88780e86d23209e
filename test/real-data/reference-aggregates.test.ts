import { describe, expect, it } from '@jest/globals';
import { agrees, referenceBuckets } from './reference-aggregates.ts';
import { LOS_ANGELES } from './zone.ts';

const HOUR = 3_600_000;
const west = LOS_ANGELES;

function series(device: string, readings: readonly (readonly [time: number, value: number])[]) {
  return { device, metric: 'm', time: readings.map(([time]) => time), value: readings.map(([, value]) => value) };
}

describe('the reference the hub is compared with', () => {
  it('puts readings into local days and computes what a person would', () => {
    const midnight = 8 * HOUR; // 1970-01-01 00:00 eight hours west
    const one = series('a', [
      [midnight - 1, 100],
      [midnight, 1],
      [midnight + HOUR, 2],
    ]);
    const two = series('b', [
      [midnight, 3],
      [midnight + HOUR, 6],
    ]);
    const buckets = referenceBuckets(west, [one, two], 24 * HOUR);
    expect([...buckets.keys()]).toEqual([midnight - 24 * HOUR, midnight]);
    expect(buckets.get(midnight)!.aggregates).toEqual({
      ...{ count: 4, sum: 12, mean: 3, min: 1, max: 6, first: 3, last: 6 },
      ...{ stddev: Math.sqrt(14 / 3), p5: 1, p50: 2, p95: 6 },
    });
    expect(buckets.get(midnight - 24 * HOUR)!.aggregates).toMatchObject({ count: 1, stddev: null, p95: 100 });
  });

  it('agrees within the tolerance and not beyond it', () => {
    const bucket = referenceBuckets(
      west,
      [
        series('a', [
          [0, 1000],
          [1, -1000],
          [2, 1000],
        ]),
      ],
      HOUR,
    )
      .values()
      .next().value!;
    expect(agrees('mean', 1000 / 3 + 0.9e-6, bucket)).toBe(true);
    expect(agrees('mean', 1000 / 3 + 1.1e-6, bucket)).toBe(false);
    expect(agrees('sum', 1000 + 2.9e-6, bucket)).toBe(true);
    expect(agrees('sum', 1000 + 3.1e-6, bucket)).toBe(false);
    expect(agrees('count', 4, bucket)).toBe(false);
    expect(agrees('mean', null, bucket)).toBe(false);
  });
});
