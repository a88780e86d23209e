import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { colourOf, colourScale, roundStep, textOn } from './colour-scale.ts';

describe('the colour scale', () => {
  it('has round bounds between the least and the greatest value', () => {
    expect(colourScale([12.3, 40.1, 22]).bounds).toEqual([15, 20, 25, 30, 35, 40]);
    expect(colourScale([0.001, 0.0021]).bounds).toEqual([0.0012, 0.0014, 0.0016, 0.0018, 0.002]);
  });

  it('reaches to the limits of rules, so that a quiet day is dark', () => {
    const scale = colourScale([11, 15], [75]);
    expect([11, 15, 74, 75].map((value) => scale.colours.indexOf(colourOf(scale, value)!))).toEqual([0, 0, 6, 6]);
    expect(colourScale([], [75])).toEqual({ bounds: [], colours: [] });
  });

  it('has one colour where all values are equal, and none without values', () => {
    expect(colourScale([5, 5])).toEqual({ bounds: [], colours: ['#7d7c78'] });
    expect(colourScale([])).toEqual({ bounds: [], colours: [] });
  });

  it('gives every value a colour, a larger one never a darker class, and each class a colour of its own', () => {
    const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(values, (some) => {
        const scale = colourScale(some);
        expect(scale.colours).toHaveLength(scale.bounds.length + 1);
        expect(new Set(scale.colours).size).toBe(scale.colours.length);
        const places = [...some].sort((a, b) => a - b).map((value) => scale.colours.indexOf(colourOf(scale, value)!));
        expect(places).not.toContain(-1);
        expect(places).toEqual([...places].sort((a, b) => a - b));
      }),
    );
  });

  it('puts the value at a bound into the upper class', () => {
    const scale = { bounds: [10, 20], colours: ['a', 'b', 'c'] };
    expect([9.99, 10, 19.99, 20].map((value) => colourOf(scale, value))).toEqual(['a', 'b', 'b', 'c']);
  });

  it('writes in what stands out', () => {
    expect(['#00224e', '#fee838', '#575d6d', '#a59c74'].map(textOn)).toEqual(['#fff', '#000', '#fff', '#000']);
  });
});

describe('a round step', () => {
  it.each([
    [0.7, 1],
    [1, 1],
    [1.1, 2],
    [3, 5],
    [6, 10],
    [0.03, 0.05],
    [1234, 2000],
  ])('of %d is %d', (step, round) => expect(roundStep(step)).toBeCloseTo(round, 10));
});
