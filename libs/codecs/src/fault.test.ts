import { describe, expect, it } from '@jest/globals';
import { SAMPLE_LENGTH } from '@seawall/model';
import fc from 'fast-check';
import { pointerToken, sampleOf, sampleOfBytes, sampleOfText } from './fault.ts';

describe('samples', () => {
  it('show a short value as JSON', () => {
    const value = { a: [1, 'x"y', null, true], b: { c: {} } };
    expect(sampleOf(value)).toBe(JSON.stringify(value));
  });

  it('are cut to their length, and never in the middle of a surrogate pair', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 600 }), (text) => {
        const sample = sampleOfText(text);
        expect(sample.length).toBeLessThanOrEqual(SAMPLE_LENGTH);
        expect(text.startsWith(sample)).toBe(true);
        expect(/\p{Surrogate}/u.test(sample)).toBe(false);
      }),
    );
    expect(sampleOfText(`${'x'.repeat(SAMPLE_LENGTH - 1)}\u{1F30A}`)).toHaveLength(SAMPLE_LENGTH - 1);
    expect(sampleOfBytes(Buffer.from('é'.repeat(1000)))).toBe('é'.repeat(SAMPLE_LENGTH));
  });

  it('show the beginning of a huge value', () => {
    expect(sampleOf(Array.from({ length: 100_000 }, (_, i) => i))).toHaveLength(SAMPLE_LENGTH);
  });
});

it('escapes the tokens of a pointer as RFC 6901 says', () => {
  expect(pointerToken('a/b~c')).toBe('/a~1b~0c');
});

it('shows the beginning only of a token that is longer than any name', () => {
  expect(pointerToken('k'.repeat(100_000))).toBe(`/${'k'.repeat(256)}…`);
});
