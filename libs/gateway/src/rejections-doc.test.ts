import { expect, it } from '@jest/globals';
import { REJECTION_REASONS } from '@seawall/model';
import { readFileSync } from 'node:fs';
import { REJECTION_TITLES } from './rejection-titles.ts';

const document = readFileSync(new URL('../../../docs/rejections.md', import.meta.url), 'utf8');
const documented = [...document.matchAll(/^### `([a-z-]+)`$/gm)].map((match) => match[1]);

it('documents every reason, and no other', () => {
  expect([...documented].sort()).toEqual([...REJECTION_REASONS].sort());
});

it.each(REJECTION_REASONS)('says of %s what to do, with an example', (reason) => {
  const section = document.split(`### \`${reason}\``)[1]!.split(/^##/m)[0]!;
  expect(section).toContain('**Do:**');
  expect(section).toMatch(/Example:/);
  expect(REJECTION_TITLES[reason]).not.toBe('');
});
