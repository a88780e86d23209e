import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Where } from './query.ts';
import { compilePatterns, compileWhere } from './where.ts';

const series = { domain: 'e', device: 'aq-1', metric: 'm' };

/** The plain meaning of a glob, for short texts. */
function globMatches(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  if (pattern[0] !== '*') return pattern[0] === text[0] && text !== '' && globMatches(pattern.slice(1), text.slice(1));
  return globMatches(pattern.slice(1), text) || (text !== '' && globMatches(pattern, text.slice(1)));
}

/** The plain meaning of a key's patterns. */
function plainlyAdmits(patterns: readonly string[], text: string | undefined): boolean {
  const wanted = patterns.filter((pattern) => pattern[0] !== '!');
  const excluded = patterns.filter((pattern) => pattern[0] === '!').map((pattern) => pattern.slice(1));
  if (text === undefined) return wanted.length === 0;
  const matches = (pattern: string) => globMatches(pattern, text);
  return (wanted.length === 0 || wanted.some(matches)) && !excluded.some(matches);
}

describe('compileWhere', () => {
  const described = { domain: 'environment', device: 'aq-12', metric: 'pm25' };
  const labels = { district: 'old-town', type: 'station' };

  it.each<[Where, boolean]>([
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
  ])('%j: %s', (where, admitted) => {
    expect(compileWhere(where)(described, labels)).toBe(admitted);
  });

  it('globs by the plain meaning of a star', () => {
    const letters = (signs: string, maxLength: number) =>
      fc.array(fc.constantFrom(...signs), { maxLength }).map((of) => of.join(''));
    fc.assert(
      fc.property(letters('ab*', 6), letters('ab', 8), (pattern, text) => {
        expect(compileWhere({ x: [pattern] })(series, { x: text })).toBe(globMatches(pattern, text));
      }),
      { numRuns: 1000 },
    );
  });

  it('admits by many patterns what the plain meaning of each admits', () => {
    const letters = (signs: string, maxLength: number) =>
      fc.array(fc.constantFrom(...signs), { maxLength }).map((of) => of.join(''));
    const pattern = fc.tuple(fc.constantFrom('', '!'), letters('ab*', 3)).map((of) => of.join(''));
    const value = fc.option(letters('ab', 4), { nil: undefined });
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 8 }), fc.array(value, { maxLength: 8 }), (patterns, values) => {
        const admits = compilePatterns(patterns);
        expect(values.map(admits)).toEqual(values.map((text) => plainlyAdmits(patterns, text)));
      }),
      { numRuns: 2000 },
    );
  });

  it('is not slowed down by many stars', () => {
    expect(compileWhere({ x: ['*a'.repeat(60) + '*c'] })(series, { x: 'a'.repeat(128) + 'b' })).toBe(false);
  });

  it('reads domain and device from the series, never from labels of that name', () => {
    expect(compileWhere({ device: ['aq-1'], domain: ['e'] })(series, { device: 'other', domain: 'other' })).toBe(true);
  });

  it('knows no label that only every object has', () => {
    expect(compileWhere({ constructor: ['*'] })(series, {})).toBe(false);
  });
});
