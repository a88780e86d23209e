import { describe, expect, it } from '@jest/globals';
import type { QueryChunk } from '@seawall/model';
import { AnswerBuffer } from './answer-buffer.ts';

const MEGABYTE = 1024 * 1024;

function chunk(megabytes: number): QueryChunk {
  const column = new Float64Array((megabytes * MEGABYTE) / 16);
  return { domain: 'e', metric: 'm', unit: null, labels: {}, time: column, values: { value: column } };
}

describe('AnswerBuffer', () => {
  it('holds the engine back while more than its bound is unread', async () => {
    const buffer = new AnswerBuffer();
    await buffer.push(chunk(5));
    let pushed = false;
    const push = buffer.push(chunk(5)).then(() => (pushed = true));
    await new Promise(setImmediate);
    expect(pushed).toBe(false);
    const reader = buffer.chunks();
    await reader.next();
    await push;
    buffer.end();
    expect((await reader.next()).done).toBe(false);
    expect((await reader.next()).done).toBe(true);
  });

  it('throws the failure at once, and lets the engine go', async () => {
    const buffer = new AnswerBuffer();
    await buffer.push(chunk(1));
    const held = buffer.push(chunk(9));
    const reason = new Error('stop');
    buffer.fail(reason);
    await held;
    buffer.end();
    await expect(buffer.chunks().next()).rejects.toBe(reason);
  });
});
