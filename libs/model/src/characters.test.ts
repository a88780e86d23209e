import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { firstCharacters, isLongerThan } from './characters.ts';

const texts = fc.string({
  unit: fc.constantFrom('a', '\u00e9', '\u6c34', '\ud83d\ude00', '\ud83d', '\ude00'),
  maxLength: 20,
});
const numbers = fc.nat({ max: 20 });

describe('characters', () => {
  it('are code points', () => {
    fc.assert(
      fc.property(texts, numbers, (text, n) => {
        expect(isLongerThan(text, n)).toBe([...text].length > n);
        expect(firstCharacters(text, n)).toBe([...text].slice(0, n).join(''));
      }),
    );
  });
});
