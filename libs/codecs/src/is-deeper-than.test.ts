import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isDeeperThan } from './is-deeper-than.ts';

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

describe('isDeeperThan', () => {
  it('counts the levels that the parsed value has, whatever stands in texts and between values', () => {
    const text = fc.string({ unit: fc.constantFrom(...'[]{}"\\,:a\u00dd\u{1F30A}\n'.split('')), maxLength: 6 });
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 6 }, text, fc.double(), fc.constant(null), tie('array'), tie('object')),
      array: fc.array(tie('value'), { maxLength: 3 }),
      object: fc.dictionary(text, tie('value'), { maxKeys: 3 }),
    }));
    fc.assert(
      fc.property(value, fc.constantFrom(0, 2), (of, indent) => {
        const json = Buffer.from(JSON.stringify(of, null, indent));
        const depth = depthOf(JSON.parse(json.toString()));
        expect([depth - 1, depth, depth + 1].map((levels) => isDeeperThan(levels, json))).toEqual([
          depth > 0,
          false,
          false,
        ]);
      }),
      { numRuns: 1_000 },
    );
  });

  it('takes any bytes', () => {
    fc.assert(fc.property(fc.uint8Array(), fc.nat({ max: 5 }), (bytes, levels) => void isDeeperThan(levels, bytes)));
  });
});
