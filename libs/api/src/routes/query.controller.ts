import { Controller, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { QueryPlan } from '@seawall/model';
import type { AnswerEnd, PlannedQuery } from '@seawall/query';
import { answerCsv, answerJson, answerNdjson, parseQuery, QueryError, storePlan } from '@seawall/query';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiContext } from '../context.ts';
import { API } from '../context.ts';
import { clientSignal, ClientGoneError, writeAwaited } from '../http/answer-stream.ts';
import { readJson } from '../http/body.ts';
import { negotiate } from '../http/negotiate.ts';
import { Parameters } from '../http/parameters.ts';
import { Problem, retryLater } from '../http/problem.ts';
import { Documented } from '../open-api/documented.ts';
import { queryAnswerExample, queryCsvExample, queryExample, queryNdjsonExample } from '../open-api/examples.ts';

/** By media type, how the chunks of an answer become text; the first is for who does not say. */
const WRITERS = {
  'application/json': answerJson,
  'text/csv': answerCsv,
  'application/x-ndjson': answerNdjson,
} as const;
const TYPES = ['application/json', 'text/csv', 'application/x-ndjson'] as const;

type Answer = AsyncGenerator<string, AnswerEnd | undefined, void>;

@ApiTags('Query')
@Controller('api/v1/query')
export class QueryController {
  constructor(@Inject(API) private readonly api: ApiContext) {}

  @Post()
  @HttpCode(200)
  @Documented({
    summary: 'Ask for readings, or aggregates of them',
    description:
      'Answers JSON, CSV or NDJSON, by `Accept`, as a stream. An answer that fails on its way ends with a broken connection, ' +
      'never as if it were whole. `next` is the `cursor` of the following page; CSV and NDJSON end in it where they are cut short. ' +
      'Buckets that `from` or `to` cuts hold only what lies inside: JSON lists their starts in `partial`, NDJSON marks them, ' +
      'for CSV the trailer `Seawall-Partial` says how many there are. So are buckets marked that lack readings which have expired; ' +
      '`expiredBefore` (for CSV the trailer `Seawall-Expired-Before`) then says from when on all of the range is answered.',
    body: queryExample,
    bodySchema: 'Query',
    answerSchema: 'QueryAnswer',
    answers: { 200: queryAnswerExample },
    otherMedia: { 'text/csv': queryCsvExample, 'application/x-ndjson': queryNdjsonExample },
    problems: [406, 504],
  })
  async query(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    new Parameters(request.query).only();
    const type = negotiate(request.headers.accept, TYPES);
    const plan = this.#plan(await readJson(this.api, request, reply));
    if (!this.api.queries.take()) {
      throw new Problem('unavailable', 'As many queries run as the hub allows.', { headers: retryLater(1) });
    }
    try {
      const signal = clientSignal(reply.raw, this.api.closing);
      const chunks = this.api.store.query(await this.#placed(plan), signal);
      await this.#send(reply, type, WRITERS[type](plan, chunks), signal);
    } finally {
      this.api.queries.giveBack();
    }
  }

  #plan(document: unknown): PlannedQuery {
    try {
      return parseQuery(document, { now: this.api.now(), timeZone: this.api.timeZone });
    } catch (cause) {
      if (!(cause instanceof QueryError)) throw cause;
      throw new Problem('invalid-query', cause.message, { members: { issues: cause.issues }, cause });
    }
  }

  /** The store knows devices by their ids; where they are is the registry's. */
  async #placed(plan: PlannedQuery): Promise<QueryPlan> {
    const asked = storePlan(plan);
    return plan.area === undefined ? asked : { ...asked, devices: await this.api.registry.devicesWithin(plan.area) };
  }

  /** Two pieces are waited for before the status goes out: until then a failure can still be told as a problem. */
  async #send(reply: FastifyReply, type: string, answer: Answer, signal: AbortSignal): Promise<void> {
    let piece = await answer.next();
    let last = piece.done ? '' : piece.value;
    if (!piece.done) piece = await answer.next();
    signal.throwIfAborted();
    reply.hijack();
    const { raw } = reply;
    const isWhole = piece.done === true && type === 'application/json';
    raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': `${type}; charset=utf-8`,
      ...(isWhole && { 'content-length': Buffer.byteLength(last) }),
    });
    try {
      for (; !piece.done; piece = await answer.next()) {
        await writeAwaited(raw, last, signal, this.api.limits.stallMs);
        last = piece.value;
      }
      if (!isWhole) raw.addTrailers(trailersOf(piece.value!));
      // The last piece goes out with the end: a small answer is one packet, which wakes its reader once.
      raw.end(last);
    } catch (error) {
      raw.destroy();
      if (!(error instanceof ClientGoneError)) this.api.log.warn('An answer was cut off.', { cause: String(error) });
    } finally {
      await answer.return(undefined);
    }
  }
}

/** What is known only at the end, for CSV, whose columns have no room for it (RFC 9110, 6.5). */
function trailersOf({ source, percentileError, expiredBefore, partial }: AnswerEnd): Record<string, string> {
  return {
    'seawall-source': source,
    ...(percentileError !== undefined && { 'seawall-percentile-error': String(percentileError) }),
    ...(expiredBefore !== undefined && { 'seawall-expired-before': String(expiredBefore) }),
    ...(partial.length > 0 && { 'seawall-partial': String(partial.length) }),
  };
}
