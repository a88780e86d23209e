import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Line } from './line.ts';

describe('a line', () => {
  it('is left in the order in which it was joined, and anybody in it is found', () => {
    // More come than leave, or the other way round, for a while.
    const step = fc.record({ joins: fc.nat(3_000), leaves: fc.nat(3_000) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 6 }), (steps) => {
        const line = new Line<number>();
        const plain: number[] = [];
        let next = 0;
        for (const { joins, leaves } of steps) {
          for (let i = 0; i < joins; i++) {
            line.join(++next);
            plain.push(next);
          }
          for (let i = 0; i < leaves && plain.length > 0; i++) {
            const first = plain.shift();
            // Each `expect` makes an error ahead; here there are a hundred thousand.
            if (line.first !== first) expect(line.first).toBe(first);
            line.leave();
          }
          expect(line.first).toBe(plain[0]);
          for (const sought of [plain[0] ?? 0, plain.at(-1) ?? 0, next, 0])
            expect(line.find((item) => item - sought)).toBe(plain.includes(sought) ? sought : undefined);
        }
      }),
      { numRuns: 30 },
    );
  });
});
