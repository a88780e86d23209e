import { describe, expect, it } from '@jest/globals';
import { SKETCH_RELATIVE_ERROR } from '@seawall/model';
import fc from 'fast-check';
import { readSketch, sketchKey, sketchText, sketchValue } from './row-sketch.ts';

const value = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e140, max: 1e140 });

describe("a row's sketch", () => {
  it('tells every value within its error, and comes back from its text', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 50 }), (values) => {
        const sketch = new Map<number, number>();
        for (const each of values) sketch.set(sketchKey(each), (sketch.get(sketchKey(each)) ?? 0) + 1);
        expect(new Map(readSketch(sketchText(sketch)))).toEqual(sketch);
        for (const each of values) {
          const told = sketchValue(sketchKey(each));
          expect(Math.abs(told - each)).toBeLessThanOrEqual(
            SKETCH_RELATIVE_ERROR * (1 + 1e-9) * Math.abs(each) + 1e-300,
          );
        }
      }),
    );
  });

  it('keeps values in their order', () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        const [least, most] = a < b ? [a, b] : [b, a];
        expect(sketchValue(sketchKey(least))).toBeLessThanOrEqual(sketchValue(sketchKey(most)));
      }),
    );
  });
});
