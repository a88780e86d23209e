import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ReadingMoments, type ComputedAggregate } from './reading-moments.ts';

const NAMES: readonly ComputedAggregate[] = ['count', 'sum', 'mean', 'min', 'max', 'first', 'last', 'stddev'];

function momentsOf(readings: readonly (readonly [micros: number, value: number])[]): Record<string, number> {
  const moments = new ReadingMoments();
  for (const [micros, value] of readings) moments.add(micros, value, undefined);
  return Object.fromEntries(NAMES.map((name) => [name, moments.value(name, 1)]));
}

describe('ReadingMoments', () => {
  it('are those of the readings, in whatever order they come', () => {
    const reading = fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: -50, max: 50 }));
    const some = fc.array(reading, { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(some, (readings) => {
        const values = readings.map(([, value]) => value);
        const [n, sum] = [values.length, values.reduce((a, b) => a + b, 0)];
        const squares = values.reduce((all, value) => all + (value - sum / n) ** 2, 0);
        const atTime = (time: number) =>
          Math.max(...readings.flatMap(([micros, value]) => (micros === time ? [value] : [])));
        const times = readings.map(([micros]) => micros);
        const { stddev, mean, ...others } = momentsOf(readings);
        expect(others).toEqual({
          count: n,
          sum,
          min: Math.min(...values),
          max: Math.max(...values),
          first: atTime(Math.min(...times)),
          last: atTime(Math.max(...times)),
        });
        expect(mean).toBeCloseTo(sum / n, 9);
        if (n === 1) expect(stddev).toBeNaN();
        else expect(stddev).toBeCloseTo(Math.sqrt(squares / (n - 1)), 6);
        const backwards = momentsOf([...readings].reverse());
        expect(backwards['first']).toBe(others['first']);
        expect(backwards['last']).toBe(others['last']);
      }),
    );
  });

  it('reach to the end of what a double holds, and are NaN beyond', () => {
    const [most, half] = [Number.MAX_VALUE, 8e307];
    expect(
      momentsOf([
        [0, most],
        [1, most],
      ]),
    ).toMatchObject({ sum: NaN, mean: most, stddev: 0 });
    expect(
      momentsOf([
        [0, -most],
        [1, most],
        [2, most],
      ]),
    ).toMatchObject({ sum: most, stddev: NaN });
    expect(
      momentsOf([
        [0, half],
        [1, -half],
      ])['stddev']! / half,
    ).toBeCloseTo(Math.SQRT2, 12);
    expect(
      momentsOf([
        [0, 1e-150],
        [1, 3e-150],
      ])['stddev']! / 1e-150,
    ).toBeCloseTo(Math.SQRT2, 9);
  });

  it('have a rate where there was an increase', () => {
    const moments = new ReadingMoments();
    moments.add(0, 5, undefined);
    expect(moments.value('rate', 60)).toBeNaN();
    moments.add(1, 11, 6);
    expect(moments.value('rate', 60)).toBe(0.1);
  });
});
