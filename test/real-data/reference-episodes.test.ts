import { describe, expect, it } from '@jest/globals';
import { referenceEpisodes, type EpisodeRule } from './reference-episodes.ts';
import { UTC } from './zone.ts';

const HOUR = 3_600_000;
const RULE: EpisodeRule = {
  metric: 'm',
  windowMs: HOUR,
  forMs: 2 * HOUR,
  breaches: (mean) => mean > 150,
  clears: (mean) => mean < 115,
};

/** One value an hour from hour 0; null is a gap. */
function episodes(values: readonly (number | null)[], rule = RULE): (readonly [number, number | null])[] {
  const readings = values.flatMap((value, hour) => (value === null ? [] : [{ time: hour * HOUR, value }]));
  const series = [
    { device: 'a', metric: 'm', time: readings.map(({ time }) => time), value: readings.map(({ value }) => value) },
  ];
  return referenceEpisodes({ series, zone: UTC }, rule).map(
    ({ startsAt, endsAt }) => [startsAt / HOUR, endsAt === null ? null : endsAt / HOUR] as const,
  );
}

describe('the episodes the hub is compared with', () => {
  it('begin with the end of the first window above, if it holds, and end below the hysteresis', () => {
    expect(episodes([10, 200, 200, 200, 130, 100, 10, 10])).toEqual([[2, 6]]);
  });

  it('do not begin if the condition breaks off before', () => {
    expect(episodes([10, 200, 200, 140, 200, 200, 140, 10])).toEqual([]);
  });

  it('go on over gaps, and have no end while none is seen', () => {
    expect(episodes([200, null, null, 200, 200, 200])).toEqual([[1, null]]);
  });

  it('leave out the window that no later reading has closed', () => {
    expect(episodes([10, 200, 10, 10], { ...RULE, forMs: 0 })).toEqual([[2, null]]);
  });
});
