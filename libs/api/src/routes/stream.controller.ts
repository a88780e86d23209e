import { Controller, Get, Inject, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { REJECTION_REASONS } from '@seawall/model';
import type { Origin } from '@seawall/ports';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiContext } from '../context.ts';
import { API } from '../context.ts';
import { Parameters } from '../http/parameters.ts';
import type { Documentation } from '../open-api/documented.ts';
import { Documented } from '../open-api/documented.ts';
import {
  alertExample,
  deviceEventExample,
  liveExample,
  overviewExample,
  rejectionExample,
} from '../open-api/examples.ts';
import { admitsOf } from '../stream/admits.ts';
import { alertEvents } from '../stream/alert-events.ts';
import { deviceEvents } from '../stream/device-events.ts';
import { liveEvents } from '../stream/live-events.ts';
import { rejectionEvents } from '../stream/rejection-events.ts';
import { OverviewFeed } from '../stream/overview-feed.ts';
import { serveJournal, serveStream } from '../stream/serve-stream.ts';

const ORIGINS: readonly Origin[] = ['live', 'replay', 'import'];
const ORIGIN = { description: 'Any of these; repeatable; only live unless given.', example: 'live', values: ORIGINS };
const PATTERN = 'A name; `*` globs, a leading `!` excludes, as in a query; repeatable.';
const DOMAIN = { description: PATTERN, example: 'environment' };
const DEVICE = { description: PATTERN, example: 'aq-*' };
const METRIC = { description: PATTERN, example: 'pm25' };
const REASON = {
  description: 'Any of these; repeatable.',
  example: 'undeclared-text',
  values: REJECTION_REASONS,
};
const GAP =
  'Where the events after Last-Event-ID are no longer kept, an event `gap` says so, and the stream goes on with the first that is.';

/** What the streams of the journal have in common in the OpenAPI document. */
function documentedStream(
  event: string,
  example: unknown,
  doc: Pick<Documentation, 'summary' | 'description' | 'query'>,
) {
  return Documented({
    ...doc,
    description: [doc.description, GAP].filter(Boolean).join(' '),
    headers: LAST_EVENT_ID,
    answers: { 200: `event: ${event}\nid: 1024\ndata: ${JSON.stringify(example)}\n\n` },
    media: ['text/event-stream'],
  });
}

const LAST_EVENT_ID = {
  'Last-Event-ID': {
    description: 'The `id` of the last event that was seen; without it the stream starts now.',
    example: '1024',
  },
};

@ApiTags('Streams')
@Controller('api/v1/stream')
export class StreamController {
  constructor(
    @Inject(API) private readonly api: ApiContext,
    @Inject(OverviewFeed) private readonly overviews: OverviewFeed,
  ) {}

  @Get('alerts')
  @documentedStream('alert', alertExample, {
    summary: 'Alerts as they fire, change and resolve, as server-sent events',
    query: { origin: ORIGIN },
  })
  async alerts(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Query() query: unknown): Promise<void> {
    const parameters = new Parameters(query).only('origin');
    await serveJournal(this.api, request, reply, alertEvents(originsOf(parameters)));
  }

  @Get('live')
  @documentedStream('readings', liveExample, {
    summary: 'Readings as they are accepted, as server-sent events in columns',
    description: '`seriesIndex[i]`, `time[i]` (epoch ms) and `value[i]` are one reading.',
    query: { domain: DOMAIN, device: DEVICE, metric: METRIC, origin: ORIGIN },
  })
  async live(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Query() query: unknown): Promise<void> {
    const parameters = new Parameters(query).only('domain', 'device', 'metric', 'origin');
    const filter = {
      domain: admitsOf(parameters, 'domain'),
      device: admitsOf(parameters, 'device'),
      metric: admitsOf(parameters, 'metric'),
      origins: originsOf(parameters),
    };
    await serveJournal(this.api, request, reply, liveEvents(filter));
  }

  @Get('rejections')
  @documentedStream(
    'rejection',
    { id: '1024-0', ...rejectionExample },
    {
      summary: 'Input that could not be used, as it comes, as server-sent events',
      query: { domain: DOMAIN, device: DEVICE, reason: REASON, origin: ORIGIN },
    },
  )
  async rejections(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Query() query: unknown): Promise<void> {
    const parameters = new Parameters(query).only('domain', 'device', 'reason', 'origin');
    const reasons = parameters.anyOf('reason', REJECTION_REASONS);
    const filter = {
      domain: admitsOf(parameters, 'domain'),
      device: admitsOf(parameters, 'device'),
      reasons: reasons && new Set(reasons),
      origins: originsOf(parameters),
    };
    await serveJournal(this.api, request, reply, rejectionEvents(filter));
  }

  @Get('devices')
  @documentedStream('device', deviceEventExample, {
    summary: 'Devices as they are first seen, described, and change their status, as server-sent events',
    description: 'What a change does not touch is left out; `description` is always whole.',
    query: { device: DEVICE, origin: ORIGIN },
  })
  async devices(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Query() query: unknown): Promise<void> {
    const parameters = new Parameters(query).only('device', 'origin');
    const filter = { device: admitsOf(parameters, 'device'), origins: originsOf(parameters) };
    await serveJournal(this.api, request, reply, deviceEvents(filter));
  }

  @Get('overview')
  @Documented({
    summary: 'The city at a glance, as server-sent events',
    description:
      'First `hello`, then an `overview` with `reset` (forget what was told before), then one a second at most with what ' +
      "changed: the metrics, by district the devices' latest values in columns; the newest rejections; the alerts that " +
      'changed. Figures of domains are always whole. There is no resuming: each stream begins with everything.',
    answers: {
      200: `event: hello\ndata: ${JSON.stringify({ timeZone: 'Asia/Shanghai', version: '0.1.0' })}\n\nevent: overview\ndata: ${JSON.stringify(overviewExample)}\n\n`,
    },
    media: ['text/event-stream'],
  })
  async overview(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Query() query: unknown): Promise<void> {
    new Parameters(query).only();
    await serveStream(this.api, request, reply, (stream, signal) => this.overviews.listen(stream, signal));
  }
}

function originsOf(parameters: Parameters): ReadonlySet<Origin> {
  return new Set(parameters.anyOf('origin', ORIGINS) ?? ['live']);
}
