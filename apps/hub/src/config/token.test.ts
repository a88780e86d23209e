import { describe, expect, it } from '@jest/globals';
import { hubAddress } from '../commands/hub-address.ts';
import { SettingError } from './setting-error.ts';
import { readToken } from './token.ts';

describe('readToken', () => {
  it('asks for a token unless nobody is asked', () => {
    expect(() => readToken(true, {})).toThrow('SEAWALL_TOKEN is not set');
    expect(readToken(false, {})).toBeUndefined();
    expect(readToken(true, { SEAWALL_TOKEN: 'long-enough' })).toBe('long-enough');
  });

  it('refuses one that keeps nobody out, without repeating it', () => {
    const refusal = () => readToken(true, { SEAWALL_TOKEN: 'short' });
    expect(refusal).toThrow('8 characters');
    expect(refusal).not.toThrow('short ');
  });

  it.each(['my secret token', '一个很长的秘密令牌', 'from-a-file\n'])(
    'refuses %j, which no client can send',
    (token) => {
      const refusal = () => readToken(true, { SEAWALL_TOKEN: token });
      expect(refusal).toThrow(/^SEAWALL_TOKEN must consist of plain letters/);
      expect(refusal).toThrow(SettingError);
      expect(() => hubAddress({}, { SEAWALL_TOKEN: token })).toThrow(/^SEAWALL_TOKEN must consist of plain letters/);
    },
  );
});
