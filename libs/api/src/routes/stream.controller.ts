import { Controller, Get, Inject, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Cursor, JournalEntry, Origin } from '@seawall/ports';
import { parseCursor } from '@seawall/ports';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiContext } from '../context.ts';
import { API } from '../context.ts';
import { clientSignal } from '../http/answer-stream.ts';
import { Parameters } from '../http/parameters.ts';
import { Problem, retryLater } from '../http/problem.ts';
import { Documented } from '../open-api/documented.ts';
import { alertExample } from '../open-api/examples.ts';
import { alertEvents } from '../stream/alert-events.ts';
import type { StreamEvent } from '../stream/event-stream.ts';
import { EventStream } from '../stream/event-stream.ts';
import { followJournal } from '../stream/follow-journal.ts';
import type { LiveFilter } from '../stream/live-events.ts';
import { liveEvents } from '../stream/live-events.ts';

const ORIGINS: readonly Origin[] = ['live', 'replay', 'import'];
const ORIGIN = { description: 'Any of these; repeatable; only live unless given.', example: 'live', values: ORIGINS };
const RESUME = { 'Last-Event-ID': 'The `id` of the last event that was seen; without it the stream starts now.' };
const RETRY_MS = 3000;
const GAP =
  'Where the events after Last-Event-ID are no longer kept, an event `gap` says so, and the stream goes on with the first that is.';
const liveExample = {
  stamp: 1790000000120,
  series: [
    { domain: 'environment', device: 'aq-7', metric: 'pm25', labels: { district: 'xiangzhou', type: 'air-quality' } },
  ],
  seriesIndex: [0],
  time: [1790000000000],
  value: [12.1],
};

type EventsOf = (entry: JournalEntry) => Iterable<StreamEvent>;

@ApiTags('Streams')
@Controller('api/v1/stream')
export class StreamController {
  constructor(@Inject(API) private readonly api: ApiContext) {}

  @Get('alerts')
  @Documented({
    summary: 'Alerts as they fire, change and resolve, as server-sent events',
    description: GAP,
    query: { origin: ORIGIN },
    headers: RESUME,
    answers: { 200: `event: alert\nid: 1024\ndata: ${JSON.stringify(alertExample)}\n\n` },
    media: ['text/event-stream'],
    problems: [400, 401, 503],
  })
  async alerts(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Query() query: unknown): Promise<void> {
    const parameters = new Parameters(query).only('origin');
    await this.#stream(request, reply, alertEvents(originsOf(parameters)));
  }

  @Get('live')
  @Documented({
    summary: 'Readings as they are accepted, as server-sent events in columns',
    description: `\`seriesIndex[i]\`, \`time[i]\` (epoch ms) and \`value[i]\` are one reading. ${GAP}`,
    query: {
      domain: { description: 'Any of these; repeatable.', example: 'environment' },
      device: { description: 'Any of these; repeatable.', example: 'aq-7' },
      metric: { description: 'Any of these; repeatable.', example: 'pm25' },
      origin: ORIGIN,
    },
    headers: RESUME,
    answers: { 200: `event: readings\nid: 1024\ndata: ${JSON.stringify(liveExample)}\n\n` },
    media: ['text/event-stream'],
    problems: [400, 401, 503],
  })
  async live(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Query() query: unknown): Promise<void> {
    const parameters = new Parameters(query).only('domain', 'device', 'metric', 'origin');
    await this.#stream(request, reply, liveEvents(liveFilterOf(parameters)));
  }

  async #stream(request: FastifyRequest, reply: FastifyReply, events: EventsOf): Promise<void> {
    const { api } = this;
    const from = resumePoint(request) ?? api.journal.end();
    if (!api.streams.take()) {
      throw new Problem('unavailable', 'As many streams are open as the hub allows.', { headers: retryLater(5) });
    }
    try {
      const raw = openStream(reply);
      if (request.method === 'HEAD') return;
      const signal = clientSignal(raw, api.closing);
      const stream = new EventStream(raw, signal, api.limits.stallMs);
      await stream.retry(RETRY_MS);
      await followJournal(stream, { journal: api.journal, from, signal, events, pingMs: api.limits.pingMs });
    } catch (error) {
      this.#cutOff(reply, error);
    } finally {
      api.streams.giveBack();
      reply.raw.end();
    }
  }

  /** The client resumes with the last id it saw, so a stream that fails needs no more than its end. */
  #cutOff({ raw }: FastifyReply, error: unknown): void {
    const expected = raw.destroyed || this.api.closing.aborted;
    if (!expected) this.api.log.warn('An event stream was cut off.', { cause: String(error) });
    if (!this.api.closing.aborted) raw.destroy();
  }
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

function originsOf(parameters: Parameters): ReadonlySet<Origin> {
  return new Set(parameters.anyOf('origin', ORIGINS) ?? ['live']);
}

function liveFilterOf(parameters: Parameters): LiveFilter {
  const names = (key: string): ReadonlySet<string> | undefined => {
    const values = parameters.many(key);
    return values && new Set(values);
  };
  const [domain, device, metric] = [names('domain'), names('device'), names('metric')];
  return {
    ...(domain && { domain }),
    ...(device && { device }),
    ...(metric && { metric }),
    origins: originsOf(parameters),
  };
}
