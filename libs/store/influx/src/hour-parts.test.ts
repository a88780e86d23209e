import { describe, expect, it } from '@jest/globals';
import { HOUR_MICROS } from '@seawall/query';
import fc from 'fast-check';
import { PartsOfHours } from './hour-parts.ts';

const hour = (n: number) => n * HOUR_MICROS;
const change = fc.record({
  from: fc.integer({ min: 0, max: 20 }),
  length: fc.integer({ min: 1, max: 8 }),
  parts: fc.integer({ min: 0, max: 3 }),
  adds: fc.boolean(),
});

describe('the parts of hours', () => {
  it('are those that each hour was last given, in as few runs as there can be', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
        let parts = new PartsOfHours();
        const plain = Array.from({ length: 30 }, () => 0);
        for (const { from, length, parts: of, adds } of changes) {
          const [begin, end] = [hour(from), hour(from + length)];
          parts = adds ? parts.adding(begin, end, of) : parts.with(begin, end, of);
          for (let i = from; i < from + length; i++) plain[i] = adds ? plain[i]! | of : of;
        }
        expect(plain.map((_, i) => parts.at(hour(i)))).toEqual(plain);
        const changesOfParts = plain.filter((of, i) => of !== 0 && of !== plain[i - 1]).length;
        expect(parts.runs).toHaveLength(changesOfParts);
        expect(new PartsOfHours(JSON.parse(JSON.stringify(parts.runs)) as typeof parts.runs)).toEqual(parts);
        const withMinutes = plain.flatMap((of, i) => (of % 2 === 1 && i >= 4 && i < 17 ? [hour(i)] : []));
        expect([...parts.minutesWithin(hour(4) + 5, hour(17))]).toEqual(withMinutes);
      }),
    );
  });
});
