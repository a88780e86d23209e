import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiContext } from '../context.ts';
import { ClientGoneError } from './answer-stream.ts';
import { Problem, retryLater } from './problem.ts';

const inflate = promisify(gunzip);

/**
 * The body as sent, inflated if it is gzip. What it holds counts against `heldBytes` until the answer is out.
 * @param limit bytes, of the body as sent and as inflated
 * @throws Problem 400, 413, 415, 503
 * @throws ClientGoneError if nobody waits for the answer any more
 */
export async function readBody(
  api: ApiContext,
  request: FastifyRequest,
  reply: FastifyReply,
  limit: number,
): Promise<Buffer> {
  const encoding = request.headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (!['identity', 'gzip', 'x-gzip'].includes(encoding)) {
    throw new Problem('unsupported-encoding', `The content-encoding "${encoding}" is not known; send gzip or none.`);
  }
  const hold = holder(api, reply);
  const sent = await readSent(request, limit, hold);
  if (encoding === 'identity') return sent;
  // One at a time: what a few bytes become is not known before, and so can't be counted before.
  return api.inflations.take(() => inflateWithin(sent, limit, hold));
}

/** A body as JSON. @throws Problem 400 with where it went wrong */
export async function readJson(api: ApiContext, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const body = await readBody(api, request, reply, api.limits.bodyBytes);
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
    if (text.startsWith('\ufeff')) throw new SyntaxError('It begins with a byte order mark; leave that out');
    return JSON.parse(text) as unknown;
  } catch (cause) {
    const why = cause instanceof SyntaxError ? cause.message : 'It is not UTF-8';
    throw new Problem('bad-request', `The body is not JSON: ${why}.`, { cause });
  }
}

async function readSent(request: FastifyRequest, limit: number, hold: (bytes: number) => void): Promise<Buffer> {
  const raw = request.raw;
  const parts: Buffer[] = [];
  let length = 0;
  try {
    if (Number(raw.headers['content-length'] ?? 0) > limit) throw tooLarge(limit);
    // Leaving the loop must not destroy the request: its answer is still to be written.
    for await (const part of raw.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      length += part.length;
      if (length > limit) throw tooLarge(limit);
      hold(part.length);
      parts.push(part);
    }
  } catch (error) {
    // What is still coming is read and thrown away (requestMs bounds it), so that the client gets to see the answer.
    raw.resume();
    throw error;
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}

async function inflateWithin(sent: Buffer, limit: number, hold: (bytes: number) => void): Promise<Buffer> {
  // The client may have left while this waited for its turn.
  hold(0);
  let body: Buffer;
  try {
    body = await inflate(sent, { maxOutputLength: limit });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(limit);
    const detail = 'The body says it is gzip, but it can not be inflated; it may be cut short.';
    throw new Problem('unreadable-body', detail, { cause });
  }
  hold(body.length);
  return body;
}

/** Counts bytes until the response closes; what would be taken after that would never be given back. */
function holder(api: ApiContext, { raw }: FastifyReply): (bytes: number) => void {
  let held = 0;
  let closed = raw.destroyed;
  raw.once('close', () => {
    closed = true;
    api.held.giveBack(held);
  });
  return (bytes) => {
    if (closed) throw new ClientGoneError('The client went away.');
    if (!api.held.take(bytes)) {
      const detail = 'The hub holds as many bytes of requests as it may; send this again in a moment.';
      throw new Problem('unavailable', detail, { headers: retryLater(1) });
    }
    held += bytes;
  };
}

function tooLarge(limit: number): Problem {
  const detail = `The body is longer than ${limit} bytes (inflated, if it is gzip); send it in parts.`;
  return new Problem('too-large', detail, { members: { limit } });
}
