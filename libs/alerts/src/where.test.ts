import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { matches } from './where.ts';

const SERIES = { domain: 'environment', device: 'aq-12', metric: 'pm25' };
const LABELS = { district: 'old-town', type: 'station' };

const selected = (where: Record<string, string[]>) => matches(where)(SERIES, LABELS);

describe('matches', () => {
  it.each([
    [{}, true],
    [{ district: ['old-town'] }, true],
    [{ district: ['old'] }, false],
    [{ district: ['harbour', 'old-*'] }, true],
    [{ district: ['old-*'], device: ['aq-9*'] }, false],
    [{ device: ['aq-*', '!aq-9'] }, true],
    [{ device: ['aq-*', '!aq-12'] }, false],
    [{ device: ['!aq-9'] }, true],
    [{ device: ['*q*1*'] }, true],
    [{ device: ['aq-12*2'] }, false],
    [{ domain: ['environment'] }, true],
    // An absent label is met by no pattern.
    [{ site: ['*'] }, false],
    [{ site: ['!north'] }, true],
    [{ constructor: ['*'] }, false],
  ])('%j: %s', (where, expected) => {
    expect(selected(where as Record<string, string[]>)).toBe(expected);
  });

  it('globs as a regular expression would', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*', '.'), maxLength: 8 });
    fc.assert(
      fc.property(letters, fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 10 }), (pattern, value) => {
        const expression = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
        expect(matches({ x: [pattern] })(SERIES, { x: value })).toBe(expression.test(value));
      }),
    );
  });
});
