import { expect, it } from '@jest/globals';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import type { ApiContext } from '../context.ts';
import { ClientGoneError } from './answer-stream.ts';
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
  const read = (body: Buffer, encoding: string, gone = false) => {
    const headers = { 'content-encoding': encoding };
    const raw = Object.assign(Readable.from([body]), { headers });
    const response = Object.assign(new EventEmitter(), { destroyed: gone });
    const leave = () => {
      response.destroyed = true;
      response.emit('close');
    };
    const reply = { raw: response } as unknown as FastifyReply;
    const answer = readBody(api, { headers, raw } as unknown as FastifyRequest, reply, LIMIT);
    return Object.assign(answer, { leave });
  };
  return { read, inflated, held };
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

it('holds nothing any more for clients that left before their bodies were inflated', async () => {
  const { read, held } = reader(1_000_000);
  const body = gzipSync(Buffer.alloc(LIMIT));
  const answers = [1, 2, 3].map(() => read(body, 'gzip'));
  await new Promise(setImmediate);
  expect(held.taken).toBe(3 * body.length);
  const [inflating, waiting, staying] = answers;
  inflating!.leave();
  waiting!.leave();
  await expect(inflating).rejects.toThrow(ClientGoneError);
  await expect(waiting).rejects.toThrow(ClientGoneError);
  expect(await staying).toHaveLength(LIMIT);
  expect(held.taken).toBe(body.length + LIMIT);
  staying!.leave();
  expect(held.taken).toBe(0);
});

it('inflates nothing for a client that left while it waited for its turn', async () => {
  const { read } = reader(1_000_000);
  const noGzip = Buffer.from('no gzip');
  const [first, second] = [read(noGzip, 'gzip'), read(noGzip, 'gzip')];
  await new Promise(setImmediate);
  second.leave();
  await expect(first).rejects.toThrow('can not be inflated');
  await expect(second).rejects.toThrow(ClientGoneError);
});

it('holds nothing for a client that had left before it was looked at', async () => {
  const { read, held } = reader(1_000_000);
  await expect(read(Buffer.from('x'), 'identity', true)).rejects.toThrow(ClientGoneError);
  expect(held.taken).toBe(0);
});
