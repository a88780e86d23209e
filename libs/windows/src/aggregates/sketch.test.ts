import { describe, expect, it } from '@jest/globals';
import { SKETCH_RELATIVE_ERROR } from '@seawall/model';
import fc from 'fast-check';
import type { PartialAggregate } from './aggregate.ts';
import { addToSketch, emptySketch, MAX_SKETCH_BUCKETS, mergeSketches, percentileOf } from './sketch.ts';

/** What rounding adds to the error, and what the smallest numbers lack in digits. */
const ROUNDING = 1e-9;
const SMALLEST = 2 ** -1021;

function sketchOf(values: readonly number[]): PartialAggregate {
  const sketch = emptySketch();
  addToSketch(sketch, Float64Array.from(values), 0, values.length);
  return sketch;
}

/** In parts of `size`, merged the last part first. */
function merged(values: readonly number[], size: number): PartialAggregate {
  const sketch = emptySketch();
  for (let i = Math.floor(values.length / size) * size; i >= 0; i -= size) {
    mergeSketches(sketch, sketchOf(values.slice(i, i + size)));
  }
  return sketch;
}

function atRank(values: readonly number[], percent: number): number {
  const rank = Math.floor((values.length * percent + 50) / 100);
  return [...values].sort((a, b) => a - b)[Math.min(Math.max(rank, 1), values.length) - 1]!;
}

function expectClose(found: number, exact: number): void {
  const allowed = SKETCH_RELATIVE_ERROR * (1 + ROUNDING) * Math.abs(exact) + SMALLEST;
  expect(Math.abs(found - exact)).toBeLessThanOrEqual(allowed);
}

const value = fc.oneof(
  fc.integer({ min: -30, max: 30 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ noNaN: true, min: -1000, max: 1000 }),
  fc.constantFrom(0, -0, 5e-324, -5e-324, 2 ** -1022, Number.MAX_VALUE, -Number.MAX_VALUE),
);
const values = fc.array(value, { minLength: 1, maxLength: 200 });
const percent = fc.integer({ min: 1, max: 99 });

describe('a sketch', () => {
  it('tells the value of nearest rank within its error, below zero, at it and above', () => {
    fc.assert(
      fc.property(values, percent, (all, p) => expectClose(percentileOf(sketchOf(all), p), atRank(all, p))),
      { numRuns: 1000 },
    );
  });

  it('tells it of very many readings', () => {
    const all = Array.from({ length: 20_000 }, (_, i) => ((i * 7919) % 20_000) ** 2 / 1000 - 500);
    const sketch = merged(all, 777);
    for (let p = 1; p < 100; p++) expectClose(percentileOf(sketch, p), atRank(all, p));
  });

  it('comes to the same numbers, however its readings are put together', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 50 }), (all, size) => {
        expect(merged(all, size)).toEqual(sketchOf(all));
      }),
    );
  });

  it('takes −0 for 0', () => {
    expect(sketchOf([-0, 0])).toEqual(sketchOf([0, -0]));
    expect(merged([-0, 0], 1)).toEqual(sketchOf([-0, 0]));
  });

  it('tells equal readings, the smallest and the greatest as they are', () => {
    expect(percentileOf(sketchOf([50, 50, 50, 50]), 75)).toBe(50);
    expect(percentileOf(sketchOf([-3.3, 1, 2, 7.7]), 99)).toBe(7.7);
    expect(percentileOf(sketchOf([-3.3, 1, 2, 7.7]), 1)).toBe(-3.3);
  });

  describe('with too many buckets', () => {
    const few = 500;
    // Twice as many as there may be, of both signs, 2 % apart; the farthest from 0 come in the middle.
    const wide = Array.from({ length: 2 * MAX_SKETCH_BUCKETS }, (_, i) => {
      const step = (i * 1237) % (2 * MAX_SKETCH_BUCKETS);
      return (step % 2 === 0 ? 1 : -1) * 1.0202 ** (step - MAX_SKETCH_BUCKETS);
    });

    it('counts those nearest to 0 as 0, the same however they are put together', () => {
      const sketch = sketchOf(wide);
      expect(sketch).toHaveLength(2 + 2 * MAX_SKETCH_BUCKETS);
      for (const size of [1, few, 3000]) expect(merged(wide, size)).toEqual(sketch);
      expect(percentileOf(sketch, 50)).toBe(0);
      for (const p of [1, 5, 20, 80, 95, 99]) expectClose(percentileOf(sketch, p), atRank(wide, p));
    });

    it('keeps the positive one of two as far from 0', () => {
      const both = wide.flatMap((x) => [x, -x]);
      const sketch = sketchOf(both);
      expect(merged(both, few)).toEqual(sketch);
      const keys = sketch.slice(2).filter((_, i) => i % 2 === 0);
      expect(keys.filter((key) => key > 0)).toHaveLength(MAX_SKETCH_BUCKETS / 2);
      expect(keys.filter((key) => key < 0)).toHaveLength(MAX_SKETCH_BUCKETS / 2 - 1);
    });

    it('loses no reading', () => {
      const counts = sketchOf(wide)
        .slice(2)
        .filter((_, i) => i % 2 === 1);
      expect(counts.reduce((a, b) => a + b)).toBe(wide.length);
    });
  });
});
