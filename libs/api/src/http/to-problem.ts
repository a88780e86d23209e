import { randomUUID } from 'node:crypto';
import { HttpException } from '@nestjs/common';
import {
  BackupNotStartedError,
  JournalUnavailableError,
  KeyReusedError,
  OverloadedError,
  QueryTimeoutError,
  StoreUnavailableError,
} from '@seawall/ports';
import { notBuilt } from './not-built.ts';
import { Problem, retryLater } from './problem.ts';

const RETRY_SECONDS = 5;

/** Where a request went, without its query string: what an error may name. */
export interface RequestPlace {
  readonly method: string;
  readonly path: string;
}

/** Whatever was thrown while a request was served, as the problem its client is told. */
export function toProblem(error: unknown, place: RequestPlace): Problem {
  if (error instanceof Problem) return error;
  return fromPort(error) ?? fromFramework(error, place) ?? internal(error);
}

/** What keeps a backup from beginning, as a kind of problem. */
const BACKUP_KINDS = {
  running: 'conflict',
  taken: 'conflict',
  store: 'conflict',
  name: 'bad-request',
  room: 'no-room',
} as const;

function fromPort(error: unknown): Problem | undefined {
  if (error instanceof BackupNotStartedError) {
    return new Problem(BACKUP_KINDS[error.because], error.message, { cause: error });
  }
  if (error instanceof OverloadedError) {
    return new Problem('overloaded', error.message, { headers: retryLater(error.retryAfterSeconds), cause: error });
  }
  if (error instanceof KeyReusedError) return new Problem('key-reused', error.message, { cause: error });
  if (error instanceof QueryTimeoutError) return new Problem('query-timeout', error.message, { cause: error });
  if (error instanceof StoreUnavailableError) {
    const { retryAfterMs = RETRY_SECONDS * 1000 } = error;
    return new Problem('unavailable', error.message, { headers: retryLater(retryAfterMs / 1000), cause: error });
  }
  if (error instanceof JournalUnavailableError) {
    return new Problem('unavailable', error.message, { headers: retryLater(RETRY_SECONDS), cause: error });
  }
  return undefined;
}

/** Nest and Fastify put the status on their errors: `getStatus()` here, `statusCode` there. */
function fromFramework(error: unknown, place: RequestPlace): Problem | undefined {
  const status = statusOf(error);
  if (status === 404) {
    const { method, path } = place;
    return notBuilt(method, path) ?? new Problem('not-found', `There is no ${method} ${path}; see /api/docs.`);
  }
  if (status === 413) return new Problem('too-large', (error as Error).message, { cause: error });
  if (status !== undefined && status >= 400 && status < 500) {
    return new Problem('bad-request', (error as Error).message, { cause: error });
  }
  return undefined;
}

function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof HttpException) return error.getStatus();
  return 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : undefined;
}

/** The cause stays in the log, under an id that the client can quote. */
function internal(error: unknown): Problem {
  const instance = `urn:uuid:${randomUUID()}`;
  return new Problem('internal', `This is a fault of the hub; its log has the cause under ${instance}.`, {
    members: { instance },
    cause: error,
  });
}
