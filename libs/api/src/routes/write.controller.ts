import { Controller, HttpCode, Inject, Post, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Rejection } from '@seawall/model';
import type { Receipt, TelemetrySubmission } from '@seawall/ports';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiContext } from '../context.ts';
import { API } from '../context.ts';
import { credentialsOf } from '../http/door.ts';
import { Parameters } from '../http/parameters.ts';
import { Problem } from '../http/problem.ts';
import { idempotencyKeyOf, readTelemetryBody } from '../http/telemetry-body.ts';
import { Documented } from '../open-api/documented.ts';
import { IDEMPOTENCY_KEY, linesExample, partialWriteExample } from '../open-api/examples.ts';

const SOURCE = 'POST /api/v2/write';
/** InfluxDB's clients read the first 1000 characters of an error; what is cut off there is no JSON to them. */
const MAX_MESSAGE = 800;
/** Parameters of InfluxDB's that mean nothing here. */
const IGNORED = ['org', 'orgID', 'bucket', 'bucketID', 'consistency'];

type Precision = NonNullable<TelemetrySubmission['linePrecision']>;
const PRECISIONS: readonly Precision[] = ['ns', 'us', 'ms', 's'];

@ApiTags('Telemetry')
@Controller('api/v2/write')
export class WriteController {
  constructor(@Inject(API) private readonly api: ApiContext) {}

  @Post()
  @HttpCode(204)
  @Documented({
    summary: 'Publish readings in line protocol, as to InfluxDB 2',
    description:
      'Answered when the readings are on disk. The measurement is the domain, the tag `device`, else `host`, the device (else `_`), ' +
      'all tags are its labels, and each numeric or boolean field is a metric; text is the name of a declared state. ' +
      '400 tells of what could not be used; the rest is stored. 413: there were too many readings; send it in parts. ' +
      'Lines with a timestamp are stored once however often they are sent; for those without, send an `Idempotency-Key`. ' +
      'A body may be gzip. `org`, `orgID`, `bucket`, `bucketID` and `consistency` are taken and mean nothing.',
    query: {
      precision: {
        description: 'What timestamps count since 1970; `ns` unless given.',
        example: 'ms',
        values: PRECISIONS,
      },
      org: { description: 'Ignored.', example: 'city' },
      bucket: { description: 'Ignored.', example: 'telemetry' },
    },
    headers: IDEMPOTENCY_KEY,
    body: linesExample,
    bodyMedia: 'text/plain',
    answers: { 204: null, 400: partialWriteExample },
    influxErrors: true,
    problems: [401, 413, 415, 422, 429, 503],
  })
  async write(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Query() query: unknown,
  ): Promise<void> {
    const parameters = new Parameters(query).only('precision', ...IGNORED);
    const idempotencyKey = idempotencyKeyOf(request);
    const place = {
      source: SOURCE,
      origin: 'live' as const,
      linePrecision: precisionOf(parameters),
      sender: `http:${credentialsOf(request)?.user ?? ''}`,
      ...(idempotencyKey !== undefined && { idempotencyKey }),
    };
    const body = await readTelemetryBody(this.api, request, reply, place);
    refusePartial(await this.api.acceptance.submit({ ...place, body }));
  }
}

function precisionOf(parameters: Parameters): Precision {
  const given = parameters.one('precision') ?? 'ns';
  const precision = PRECISIONS.find((each) => each === given);
  if (precision !== undefined) return precision;
  throw new Problem('bad-request', `invalid precision "${given.slice(0, 40)}"; there are ns, us, ms and s`);
}

/** What could be used is stored by now. */
function refusePartial({ rejected, errors, lines }: Receipt): void {
  if (rejected === 0) return;
  const first = errors[0];
  if (lines === undefined || lines.count === 0) throw new Problem('bad-request', first?.detail ?? 'There is no line.');
  const more = rejected > 1 ? ` And ${rejected - 1} more; GET /api/v1/rejections has all.` : '';
  const cut = errors.some(({ reason }) => reason === 'too-many-readings');
  const message = `partial write: ${first === undefined ? '' : fitted(told(first))}${more} dropped=${lines.dropped}`;
  throw new Problem(cut ? 'too-large' : 'bad-request', message);
}

/** As "line 3, field temp: The value …"; what is of no one line has no place. */
function told({ pointer, detail }: Rejection): string {
  const [, line, field] = pointer.split('/');
  if (line === undefined || !/^\d+$/.test(line)) return detail;
  const named = field === undefined ? '' : `, field ${field.replaceAll('~1', '/').replaceAll('~0', '~')}`;
  return `line ${line}${named}: ${detail}`;
}

/** Cut so that it is not too long as JSON either. */
function fitted(text: string): string {
  let cut = text.slice(0, MAX_MESSAGE);
  while (JSON.stringify(cut).length > MAX_MESSAGE) cut = cut.slice(0, -50);
  return cut.length === text.length ? text : `${cut}…`;
}
