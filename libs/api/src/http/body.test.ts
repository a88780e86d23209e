import { expect, it } from '@jest/globals';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import type { ApiContext } from '../context.ts';
import { readBody } from './body.ts';
import { Slots } from './slots.ts';
import { Turns } from './turns.ts';

const LIMIT = 1000;

/** Reads bodies of one hub; `inflated` tells of each turn how much was held when it began. */
function reader(heldBytes: number) {
  const held = new Slots(heldBytes);
  const inflated: number[] = [];
  const turns = new Turns();
  const inflations = {
    take: <T>(work: () => Promise<T>): Promise<T> => turns.take(() => (inflated.push(held.taken), work())),
  };
  const api = { held, inflations } as unknown as ApiContext;
  const read = (body: Buffer, encoding: string): Promise<Buffer> => {
    const headers = { 'content-encoding': encoding };
    const raw = Object.assign(Readable.from([body]), { headers });
    const reply = { raw: new EventEmitter() } as unknown as FastifyReply;
    return readBody(api, { headers, raw } as unknown as FastifyRequest, reply, LIMIT);
  };
  return { read, inflated };
}

it('inflates bodies one after the other, and counts what one became before the next', async () => {
  const bomb = gzipSync(Buffer.alloc(LIMIT));
  const { read, inflated } = reader(3 * bomb.length + LIMIT);
  const results = await Promise.allSettled([1, 2, 3].map(() => read(bomb, 'gzip')));
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
  expect(inflated).toEqual([3 * bomb.length, 3 * bomb.length + LIMIT, 3 * bomb.length + LIMIT]);
});

it('lets a plain body wait for no turn', async () => {
  const { read, inflated } = reader(LIMIT);
  expect((await read(Buffer.from('x'), 'identity')).toString()).toBe('x');
  expect(inflated).toEqual([]);
});
