import type { Cursor, JournalEntry } from '@seawall/ports';
import { parseCursor } from '@seawall/ports';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiContext } from '../context.ts';
import { clientSignal } from '../http/answer-stream.ts';
import { Problem, retryLater } from '../http/problem.ts';
import type { StreamEvent } from './event-stream.ts';
import { EventStream } from './event-stream.ts';
import { followJournal } from './follow-journal.ts';

const RETRY_MS = 3000;

/** Answers with events of the journal's entries, from the client's Last-Event-ID, else from now on. */
export async function serveJournal(
  api: ApiContext,
  request: FastifyRequest,
  reply: FastifyReply,
  events: (entry: JournalEntry) => Iterable<StreamEvent>,
): Promise<void> {
  const { journal, limits } = api;
  const from = resumePoint(request) ?? journal.end();
  await serveStream(api, request, reply, (stream, signal) =>
    followJournal(stream, { journal, from, signal, events, pingMs: limits.pingMs }),
  );
}

/** Answers with what `feed` sends until it ends, the client goes or the server closes. @throws Problem 503 */
export async function serveStream(
  api: ApiContext,
  request: FastifyRequest,
  reply: FastifyReply,
  feed: (stream: EventStream, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  if (!api.streams.take()) {
    throw new Problem('unavailable', 'As many streams are open as the hub allows.', { headers: retryLater(5) });
  }
  try {
    const raw = openStream(reply);
    if (request.method === 'HEAD') return;
    const signal = clientSignal(raw, api.closing);
    const stream = new EventStream(raw, signal, api.limits.stallMs);
    await stream.retry(RETRY_MS);
    await feed(stream, signal);
  } catch (error) {
    cutOff(api, reply, error);
  } finally {
    api.streams.giveBack();
    reply.raw.end();
  }
}

/** The client resumes with the last id it saw, so a stream that fails needs no more than its end. */
function cutOff(api: ApiContext, { raw }: FastifyReply, error: unknown): void {
  const expected = raw.destroyed || api.closing.aborted;
  if (!expected) api.log.warn('An event stream was cut off.', { cause: String(error) });
  if (!api.closing.aborted) raw.destroy();
}

function openStream(reply: FastifyReply): FastifyReply['raw'] {
  reply.hijack();
  const headers = {
    ...reply.getHeaders(),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
  };
  reply.raw.writeHead(200, { ...(headers as Record<string, string>), 'x-accel-buffering': 'no' });
  reply.raw.flushHeaders();
  if (reply.request.method === 'HEAD') reply.raw.end();
  return reply.raw;
}

function resumePoint(request: FastifyRequest): Cursor | undefined {
  const header = request.headers['last-event-id'];
  if (header === undefined || header === '') return undefined;
  const cursor = typeof header === 'string' ? parseCursor(header) : undefined;
  if (cursor === undefined)
    throw new Problem('bad-request', 'Last-Event-ID is no id of these streams; send it as it came, or none.');
  return cursor;
}
