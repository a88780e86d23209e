import { expect, it } from '@jest/globals';
import { RefusalLog } from './refusal-log.ts';

it('names a refused client a second, and counts the others', () => {
  const lines: unknown[] = [];
  let now = 0;
  const refusals = new RefusalLog({ warn: (message, fields) => void lines.push([message, fields]) }, () => now);
  for (const [at, clientId] of [
    [0, 'a'],
    [1, 'b'],
    [999, 'c'],
    [1_000, 'd'],
    [2_000, 'e'],
  ] as const) {
    now = at;
    refusals.tell(clientId, 5);
  }
  expect(lines).toEqual([
    ['a client was refused', { clientId: 'a', returnCode: 5 }],
    ['a client was refused', { clientId: 'd', returnCode: 5, othersBefore: 2 }],
    ['a client was refused', { clientId: 'e', returnCode: 5 }],
  ]);
});
