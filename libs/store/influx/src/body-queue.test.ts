import { describe, expect, it } from '@jest/globals';
import { BodyQueue } from './body-queue.ts';

/** A send whose ends the test decides. */
function openSends() {
  const begun: string[] = [];
  const ends: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const send = (item: string) => {
    begun.push(item);
    return new Promise<void>((resolve, reject) => void ends.push({ resolve, reject }));
  };
  return { begun, ends, send };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('BodyQueue', () => {
  it('has one body under way, and the next once that has ended', async () => {
    const { begun, ends, send } = openSends();
    const queue = new BodyQueue(send);
    for (const item of ['a', 'b', 'c']) queue.push(item);
    await settled();
    expect(begun).toEqual(['a']);
    ends[0]!.resolve();
    await settled();
    expect(begun).toEqual(['a', 'b']);
    ends[1]!.resolve();
    await settled();
    ends[2]!.resolve();
    await queue.finished();
    expect(begun).toEqual(['a', 'b', 'c']);
  });

  it('begins with none after a failure, and tells the first', async () => {
    const { begun, ends, send } = openSends();
    const queue = new BodyQueue(send);
    queue.push('a');
    queue.push('b');
    await settled();
    ends[0]!.reject(new Error('no room'));
    await expect(queue.finished()).rejects.toThrow('no room');
    expect(queue.hasFailed).toBe(true);
    queue.push('c');
    await expect(queue.finished()).rejects.toThrow('no room');
    expect(begun).toEqual(['a']);
  });
});
