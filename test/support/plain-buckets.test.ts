import { describe, expect, it } from '@jest/globals';
import { plainBuckets } from './plain-buckets.ts';

describe('plain buckets', () => {
  it('hold what their readings come to', () => {
    const buckets = plainBuckets([0, 20_000, 60_000], [2, 5, 4], 60_000);
    expect([...buckets.keys()]).toEqual([0, 60_000]);
    expect(buckets.get(0)).toEqual({
      count: 2,
      sum: 7,
      mean: 3.5,
      min: 2,
      max: 5,
      first: 2,
      last: 5,
      stddev: Math.sqrt(4.5),
      rate: 0.05,
    });
    // A drop: the counter began again at 0.
    expect(buckets.get(60_000)).toMatchObject({ count: 1, stddev: NaN, rate: 4 / 60 });
  });

  it('have no rate over more than a day', () => {
    const buckets = plainBuckets([0, 86_400_001], [1, 9], 3_600_000);
    expect([...buckets.values()].map(({ rate }) => rate)).toEqual([NaN, NaN]);
  });
});
