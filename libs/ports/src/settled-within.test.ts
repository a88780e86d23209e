import { describe, expect, it } from '@jest/globals';
import { settledWithin } from './settled-within.ts';

describe('settledWithin', () => {
  it('tells whether work has ended, well or not', async () => {
    expect(await settledWithin(Promise.resolve(), 60_000)).toBe(true);
    expect(await settledWithin(Promise.reject(new Error('no')), 60_000)).toBe(true);
    expect(await settledWithin(new Promise(() => undefined), 1)).toBe(false);
  });
});
