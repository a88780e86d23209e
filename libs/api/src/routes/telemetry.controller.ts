import { Controller, HttpCode, Inject, Post, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Origin, Receipt, TelemetrySubmission } from '@seawall/ports';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiContext } from '../context.ts';
import { API } from '../context.ts';
import { credentialsOf } from '../http/door.ts';
import { Parameters } from '../http/parameters.ts';
import { Problem } from '../http/problem.ts';
import { idempotencyKeyOf, readTelemetryBody } from '../http/telemetry-body.ts';
import { rejectionView } from '../http/views.ts';
import { Documented } from '../open-api/documented.ts';
import { IDEMPOTENCY_KEY, receiptExample, rejectionExample, telemetryExample } from '../open-api/examples.ts';

const SOURCE = 'POST /api/v1/telemetry';
const ORIGINS: readonly Origin[] = ['live', 'replay', 'import'];

@ApiTags('Telemetry')
@Controller('api/v1/telemetry')
export class TelemetryController {
  constructor(@Inject(API) private readonly api: ApiContext) {}

  @Post()
  @HttpCode(200)
  @Documented({
    summary: 'Publish readings',
    description:
      'Answered when the readings are on disk. The shapes are those of the MQTT topic; an element may name its own `domain` and `device`. ' +
      'Readings with their own `ts` are stored once however often they are sent; for those without, send an `Idempotency-Key`. ' +
      'A body may be gzip.',
    query: {
      domain: { description: 'For elements that name none.', example: 'environment' },
      device: { description: 'For elements that name none.', example: 'aq-7' },
      origin: {
        description: 'Where the readings come from; replay and import notify nobody.',
        example: 'live',
        values: ORIGINS,
      },
    },
    headers: IDEMPOTENCY_KEY,
    body: telemetryExample,
    bodySchema: 'Telemetry',
    answerSchema: 'Receipt',
    answers: { 200: receiptExample, 422: { accepted: 0, rejected: 1, errors: [rejectionExample] } },
    problems: [429],
  })
  async submit(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Query() query: unknown,
  ): Promise<unknown> {
    const place = this.#placeOf(request, new Parameters(query).only('domain', 'device', 'origin'));
    const body = await readTelemetryBody(this.api, request, reply, place);
    return answer(await this.api.acceptance.submit({ ...place, body }));
  }

  #placeOf(request: FastifyRequest, parameters: Parameters): Omit<TelemetrySubmission, 'body'> {
    const domain = parameters.one('domain');
    const device = parameters.one('device');
    const idempotencyKey = idempotencyKeyOf(request);
    return {
      source: SOURCE,
      origin: parameters.oneOf('origin', ORIGINS) ?? 'live',
      // Two senders may use the same key: a Basic user name tells them apart, else the device they speak for.
      sender: `http:${credentialsOf(request)?.user || (device ?? '')}`,
      ...(domain !== undefined && { domain }),
      ...(device !== undefined && { device }),
      ...(idempotencyKey !== undefined && { idempotencyKey }),
    };
  }
}

function answer({ accepted, rejected, outOfRange, errors }: Receipt): unknown {
  const flagged = outOfRange === undefined ? {} : { outOfRange };
  const members = { accepted, rejected, ...flagged, errors: errors.map(rejectionView) };
  if (accepted > 0) return members;
  const first = errors[0]?.detail ?? 'The body holds no readings.';
  throw new Problem('nothing-usable', `No reading of the body could be used. ${first}`, { members });
}
