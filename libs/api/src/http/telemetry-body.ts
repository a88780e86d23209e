import type { RejectionReason } from '@seawall/model';
import type { TelemetrySubmission } from '@seawall/ports';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiContext } from '../context.ts';
import { readBody } from './body.ts';
import { Problem } from './problem.ts';

type Place = Omit<TelemetrySubmission, 'body'>;

/** Of what can't be read as a body of readings: why it is kept as a rejection. */
const REASONS = {
  'too-large': 'too-large',
  'unreadable-body': 'bad-encoding',
  'unsupported-encoding': 'bad-encoding',
} as const;

/** The body of readings, inflated. One that can't be read is kept as a rejection. @throws Problem 400, 413, 415, 503 */
export async function readTelemetryBody(
  api: ApiContext,
  request: FastifyRequest,
  reply: FastifyReply,
  place: Place,
): Promise<Buffer> {
  try {
    return await readBody(api, request, reply, api.limits.telemetryBytes);
  } catch (error) {
    const reason = error instanceof Problem ? reasonOf(error) : undefined;
    if (reason !== undefined) await keepRejection(api, reason, (error as Problem).message, place);
    throw error;
  }
}

function reasonOf({ kind }: Problem): RejectionReason | undefined {
  return Object.hasOwn(REASONS, kind) ? REASONS[kind as keyof typeof REASONS] : undefined;
}

/** It can not reach the acceptance as a submission, but must not be lost silently either. */
function keepRejection(
  { acceptance }: ApiContext,
  reason: RejectionReason,
  detail: string,
  { source, origin, domain, device }: Place,
): Promise<void> {
  const subject = { ...(domain !== undefined && { domain }), ...(device !== undefined && { device }) };
  return acceptance.reject({ reason, detail, topic: source, pointer: '', sample: '', ...subject }, origin);
}

export const MAX_KEY_LENGTH = 255;

/** @throws Problem 400 for a key that is none */
export function idempotencyKeyOf(request: FastifyRequest): string | undefined {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && key.length >= 1 && key.length <= MAX_KEY_LENGTH) return key;
  throw new Problem('bad-request', `The header Idempotency-Key is one text of 1 to ${MAX_KEY_LENGTH} characters.`);
}
