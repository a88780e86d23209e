import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatRfc3339, parseRfc3339 } from './rfc3339.ts';

describe('parseRfc3339', () => {
  it('keeps the microsecond and applies the offset', () => {
    expect(parseRfc3339('2026-11-23T08:00:00.123456+08:00')).toBeCloseTo(
      Date.parse('2026-11-23T00:00:00.123Z') + 0.456,
      3,
    );
  });

  it.each([
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01',
    '2026-01-01T00:00:00',
    'yesterday',
    '',
  ])('refuses %j', (text) => {
    expect(parseRfc3339(text)).toBeUndefined();
  });

  it('reads back what formatRfc3339 writes, to the microsecond', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 31_536_000_000, max: 7_258_118_400_000 }),
        fc.integer({ min: 0, max: 999 }),
        (ms, micros) => {
          const time = ms + micros / 1000;
          expect(Math.abs(parseRfc3339(formatRfc3339(time))! - time)).toBeLessThan(0.0006);
        },
      ),
    );
  });
});
