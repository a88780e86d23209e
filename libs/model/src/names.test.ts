import { describe, expect, it } from '@jest/globals';
import { nameFault, topicNameFault } from './names.ts';

describe('nameFault', () => {
  it.each(['pm25', 'PM2.5', '水位', 'a b', 'x'.repeat(128), '\u{1f600}'.repeat(128)])('accepts %j', (name) =>
    expect(nameFault(name)).toBeUndefined(),
  );

  it.each([
    ['', 'is empty'],
    ['x'.repeat(129), 'longer'],
    ['\u{1f600}'.repeat(129), 'longer'],
    ['a\u0007b', 'control'],
    ['back\\', 'backslash'],
    ['e\u0301', 'NFC'],
    ['\ud800', 'surrogate'],
  ])('refuses %j', (name, why) => expect(nameFault(name)).toContain(why));
});

describe('topicNameFault', () => {
  it.each(['a/b', 'a+', '#', '$SYS'])('refuses %j', (name) => expect(topicNameFault(name)).toBeDefined());
  it('accepts a colon and a dollar inside', () => expect(topicNameFault('telegraf:host$1')).toBeUndefined());
});
