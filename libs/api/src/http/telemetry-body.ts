import type { TelemetrySubmission } from '@seawall/ports';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiContext } from '../context.ts';
import { readBody } from './body.ts';
import { Problem } from './problem.ts';

type Place = Omit<TelemetrySubmission, 'body'>;

/** The body of readings, inflated. One that is too large is kept as a rejection. @throws Problem 400, 413, 415, 503 */
export async function readTelemetryBody(
  api: ApiContext,
  request: FastifyRequest,
  reply: FastifyReply,
  place: Place,
): Promise<Buffer> {
  try {
    return await readBody(api, request, reply, api.limits.telemetryBytes);
  } catch (error) {
    if (error instanceof Problem && error.kind === 'too-large') await keepRejection(api, error, place);
    throw error;
  }
}

/** A body that is never read to its end can not reach the acceptance, but must not be lost silently either. */
async function keepRejection(
  api: ApiContext,
  problem: Problem,
  { source, origin, domain, device }: Place,
): Promise<void> {
  const rejection = {
    reason: 'too-large' as const,
    detail: problem.message,
    topic: source,
    pointer: '',
    receivedAt: api.now(),
    sample: '',
    ...(domain !== undefined && { domain }),
    ...(device !== undefined && { device }),
  };
  await api.journal.append([{ kind: 'rejections', origin, payload: [rejection] }]);
}

const MAX_KEY_LENGTH = 255;

/** @throws Problem 400 for a key that is none */
export function idempotencyKeyOf(request: FastifyRequest): string | undefined {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && key.length >= 1 && key.length <= MAX_KEY_LENGTH) return key;
  throw new Problem('bad-request', `The header Idempotency-Key is one text of 1 to ${MAX_KEY_LENGTH} characters.`);
}
