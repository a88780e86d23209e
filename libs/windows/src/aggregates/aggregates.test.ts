import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { WINDOW_AGGREGATES } from '@seawall/model';
import { aggregateOf, type Aggregate } from './index.ts';

type Reading = readonly [time: number, value: number];

function over(aggregate: Aggregate, readings: readonly Reading[]): number[] {
  const partial = aggregate.init();
  const time = Float64Array.from(readings, ([t]) => t);
  const value = Float64Array.from(readings, ([, v]) => v);
  if (readings.length > 0) aggregate.add(partial, time, value, 0, readings.length);
  return partial;
}

const WINDOW_MS = 2000;
const resultOf = (aggregate: Aggregate, readings: readonly Reading[]) =>
  aggregate.result(over(aggregate, readings), WINDOW_MS);

describe('aggregates', () => {
  const readings: Reading[] = [
    [1, 5],
    [1, 9],
    [1, 2],
    [2, -3],
    [4, 6],
    [4, 8],
    [4, 1],
  ];

  it.each([
    ['count', 7],
    ['sum', 28],
    ['mean', 4],
    ['min', -3],
    ['max', 9],
    ['first', 9],
    ['last', 8],
    ['stddev', Math.sqrt(108 / 6)],
    // Of what are increases here.
    ['rate', 14],
  ] as const)('%s of a few readings is %d', (name, expected) => {
    expect(resultOf(aggregateOf(name), readings)).toBe(expected);
  });

  it('sums what a plain sum would lose', () => {
    const hard: Reading[] = [
      [1, 1e100],
      [2, 1],
      [3, -1e100],
      [4, 0.1],
      [5, 0.2],
      [6, 0.3],
    ];
    expect(resultOf(aggregateOf('sum'), hard)).toBeCloseTo(1.6, 15);
    const tenths: Reading[] = Array.from({ length: 100_000 }, (_, i) => [i, 0.1]);
    expect(resultOf(aggregateOf('sum'), tenths)).toBe(10_000);
  });

  it('stays infinite once a sum has overflowed', () => {
    expect(
      resultOf(aggregateOf('sum'), [
        [1, 1.7e308],
        [2, 1.7e308],
        [3, 1],
      ]),
    ).toBe(Infinity);
  });

  const ordered = fc
    .array(fc.tuple(fc.integer({ min: 0, max: 50 }), fc.double({ noNaN: true, min: -1e6, max: 1e6 })), { minLength: 1 })
    .map((list) => list.sort((a, b) => a[0] - b[0]));

  it.each([...WINDOW_AGGREGATES, 'p1', 'p50', 'p99'] as const)('%s of merged slices is that of the whole', (name) => {
    const aggregate = aggregateOf(name);
    fc.assert(
      fc.property(ordered, fc.integer({ min: 0, max: 51 }), (all, edge) => {
        const merged = aggregate.init();
        aggregate.merge(
          merged,
          over(
            aggregate,
            all.filter(([t]) => t < edge),
          ),
        );
        aggregate.merge(
          merged,
          over(
            aggregate,
            all.filter(([t]) => t >= edge),
          ),
        );
        const whole = resultOf(aggregate, all);
        if (whole === null) expect(aggregate.result(merged, WINDOW_MS)).toBeNull();
        else expect(aggregate.result(merged, WINDOW_MS)).toBeCloseTo(whole, 8);
      }),
    );
  });
});
