import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { microsOf } from './micros.ts';

const YEAR_1971 = Date.UTC(1971, 0, 1) * 1000;
const YEAR_2109 = 2 ** 42 * 1000;
const YEAR_2113 = Date.UTC(2113, 0, 1) * 1000;
const YEAR_2200 = Date.UTC(2200, 0, 1) * 1000;

describe('microsOf', () => {
  it('finds each microsecond again in its milliseconds, up to the year 2200', () => {
    const micros = fc.oneof(
      fc.integer({ min: YEAR_1971, max: YEAR_2200 }),
      fc.integer({ min: YEAR_2109 - 1000, max: YEAR_2113 }),
    );
    fc.assert(
      fc.property(micros, (n) => Object.is(microsOf(n / 1000), n)),
      { numRuns: 20_000 },
    );
  });

  it('rounds what is finer', () => {
    expect([0.0004, 0.0006, -0.0006, -0.0004].map(microsOf)).toEqual([0, 1, -1, -0]);
  });
});
