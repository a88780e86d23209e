import { describe, expect, it } from '@jest/globals';
import { readToken } from './token.ts';

describe('readToken', () => {
  it('asks for a token unless nobody is asked', () => {
    expect(() => readToken(true, {})).toThrow('SEAWALL_TOKEN is not set');
    expect(readToken(false, {})).toBeUndefined();
    expect(readToken(true, { SEAWALL_TOKEN: 'long enough' })).toBe('long enough');
  });

  it('refuses one that keeps nobody out, without repeating it', () => {
    const refusal = () => readToken(true, { SEAWALL_TOKEN: 'short' });
    expect(refusal).toThrow('8 characters');
    expect(refusal).not.toThrow('short ');
  });
});
