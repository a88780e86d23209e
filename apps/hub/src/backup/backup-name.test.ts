import { expect, it } from '@jest/globals';
import { faultOfName, nameAt } from './backup-name.ts';

it.each(['a', '2026-11-24T05-02-04Z', 'before.the_move-2', 'x'.repeat(64)])('%s is a name of a backup', (name) => {
  expect(faultOfName(name)).toBeUndefined();
});

it.each(['', '.', '..', '../x', '/x', 'a/b', 'a\\b', '.hidden', 'a b', 'ä', 'x.part', 'x'.repeat(65), 'a\n'])(
  '%j is none',
  (name) => {
    expect(faultOfName(name)).toMatch(/^A backup's name [^]*\.$/);
  },
);

it('the name made from a time is one, and sorts as the time does', () => {
  const names = [0, 1_790_000_000_000, 1_790_000_001_000].map(nameAt);
  expect(names.map(faultOfName)).toEqual([undefined, undefined, undefined]);
  expect([...names].sort()).toEqual(names);
});
