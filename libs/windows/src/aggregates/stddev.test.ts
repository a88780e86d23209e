import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { PartialAggregate } from './index.ts';
import { stddev } from './stddev.ts';

/** Cut into slices of `size`, which merge as those of a window do. */
function inSlices(values: readonly number[], size: number): number | null {
  const window = stddev.init();
  for (let i = 0; i < values.length; i += size) stddev.merge(window, slice(values.slice(i, i + size)));
  return stddev.result(window, 1);
}

function slice(values: readonly number[]): PartialAggregate {
  const partial = stddev.init();
  stddev.add(partial, new Float64Array(values.length), Float64Array.from(values), 0, values.length);
  return partial;
}

/** In whole numbers, so that nothing is rounded but the last root. */
function exact(values: readonly number[]): number {
  const n = BigInt(values.length);
  const sum = values.reduce((total, x) => total + BigInt(x), 0n);
  const squares = values.reduce((total, x) => total + BigInt(x) * BigInt(x), 0n);
  return Math.sqrt(Number(n * squares - sum * sum) / Number(n * (n - 1n)));
}

describe('stddev', () => {
  it('is that of a sample, however the readings are cut into slices', () => {
    const values = fc.array(fc.integer({ min: -1e6, max: 1e6 }), { minLength: 2, maxLength: 200 });
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 50 }), (all, size) => {
        const expected = exact(all);
        expect(Math.abs(inSlices(all, size)! - expected)).toBeLessThanOrEqual(1e-12 * Math.max(1, expected) + 1e-10);
      }),
    );
  });

  it('tells small differences of great values', () => {
    const values = Array.from({ length: 10_000 }, (_, i) => 1_000_000_000 + (i % 3));
    expect(inSlices(values, 300)).toBeCloseTo(exact(values), 9);
  });

  it('is nothing of fewer than two readings, and 0 of equal ones', () => {
    expect(inSlices([], 1)).toBeNull();
    expect(inSlices([7], 1)).toBeNull();
    expect(inSlices([0.1, 0.1, 0.1], 3)).toBe(0);
  });

  it('is infinite, and no NaN, of readings too far apart for their squares', () => {
    expect(inSlices([1e200, -1e200, 3], 1)).toBe(Infinity);
    expect(inSlices([1.7e308, 1.7e308, -1.7e308], 2)).toBe(Infinity);
  });
});
