import { Catch, Inject } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiContext } from '../context.ts';
import { API } from '../context.ts';
import { ClientGoneError } from './answer-stream.ts';
import { INFLUX_WRITE_PATH, influxError } from './influx-error.ts';
import type { Problem } from './problem.ts';
import { PROBLEM_TYPE } from './problem.ts';
import { toProblem } from './to-problem.ts';

/** The one place where an error becomes an answer. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(@Inject(API) private readonly api: ApiContext) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendProblem(this.api, error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }
}

export function sendProblem(
  api: Pick<ApiContext, 'log'>,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  if (isClientGone(error, reply)) return;
  const place = { method: request.method, path: pathOf(request.url) };
  const problem = toProblem(error, place);
  // After the first byte only a broken connection can say that the answer is not whole.
  if (reply.raw.headersSent || reply.raw.destroyed) {
    reply.raw.destroy();
  } else {
    const influx = place.path === INFLUX_WRITE_PATH;
    void reply
      .code(problem.status)
      .headers({ ...problem.headers, 'content-type': influx ? 'application/json; charset=utf-8' : PROBLEM_TYPE })
      .send(JSON.stringify(influx ? influxError(problem) : problem));
  }
  logProblem(api, problem, place);
}

/** Nobody is left to be told, and nothing is wrong here. */
function isClientGone(error: unknown, reply: FastifyReply): boolean {
  if (error instanceof ClientGoneError) return true;
  return reply.raw.destroyed && (error as NodeJS.ErrnoException | undefined)?.code === 'ECONNRESET';
}

function logProblem(api: Pick<ApiContext, 'log'>, problem: Problem, place: { method: string; path: string }): void {
  const fields = { ...place, status: problem.status, instance: problem.members['instance'] };
  const cause = problem.cause;
  if (problem.kind === 'internal') {
    api.log.error('A request failed.', { ...fields, cause: cause instanceof Error ? cause.stack : String(cause) });
  } else if (problem.status >= 500 && problem.kind !== 'not-built') {
    api.log.warn(`A request could not be served: ${problem.message}`, fields);
  }
}

export function pathOf(url: string): string {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}
