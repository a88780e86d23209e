import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { numberText } from './number-text.ts';

/** Doubles of every kind, and those around the bounds within which the text is made by small integers. */
const numbers = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer().map((n) => n / 10),
  fc.integer().map((n) => n / 1000),
  fc.maxSafeInteger(),
  fc.integer({ min: -9, max: 9 }).map((n) => 2 ** 31 + n),
  fc.integer({ min: -9, max: 9 }).map((n) => (2 ** 31 + n) / 1000),
  fc.integer({ min: -9, max: 9 }).map((n) => 2 ** 53 + n),
  fc.integer({ min: 0, max: 2_000_000 }).map((n) => 1_764_288_000_000 + n),
);

describe('numberText', () => {
  it('gives the shortest text that reads back as the same number', () => {
    fc.assert(
      fc.property(numbers, (value) => expect(numberText(value)).toBe(Object.is(value, -0) ? '-0' : String(value))),
      { numRuns: 5000 },
    );
  });

  it('shows every thousandth of some wholes as String does', () => {
    for (let n = -3000; n <= 3000; n++) if (n !== 0) expect(numberText(n / 1000)).toBe(String(n / 1000));
  });

  it('keeps the sign of nought, and has null for what is no number', () => {
    expect([0, -0, NaN, Infinity, -Infinity].map(numberText)).toEqual(['0', '-0', 'null', 'null', 'null']);
  });
});
