import { describe, expect, it } from '@jest/globals';
import { decodeStatus } from './status.ts';

describe('a status message', () => {
  it.each([
    ['online', 'online'],
    ['offline', 'offline'],
    ['{"state":"online"}', 'online'],
    ['{"state":"offline","since":1}', 'offline'],
  ])('%s', (payload, state) => {
    expect(decodeStatus(Buffer.from(payload))).toBe(state);
  });

  it.each([
    '',
    'ON',
    'Online',
    'offline ',
    '1',
    'null',
    '"online"',
    '{}',
    '{"state":"unknown"}',
    '{"state":1}',
    '[]',
    '\u0000',
  ])('refuses %j', (payload) => {
    expect(decodeStatus(Buffer.from(payload))).toMatchObject({ reason: 'bad-status', pointer: '' });
  });
});
