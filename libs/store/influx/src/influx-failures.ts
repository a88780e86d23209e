import { HttpError, RequestTimedOutError } from '@influxdata/influxdb-client';
import { StoreUnavailableError } from '@seawall/ports';

/** InfluxDB refused a body for what is in it; parts of it may be stored. */
export class BodyRefusedError extends Error {
  override readonly name = 'BodyRefusedError';
}

/** A request took longer than it may. */
export class RequestTimeoutError extends Error {
  override readonly name = 'RequestTimeoutError';
}

/** Statuses of a body that another one might not get; 413 is one that is too long. */
const OF_CONTENT = new Set([400, 413, 422]);

/** What became of a body. */
export function writeFailure(url: string, error: unknown): Error {
  if (error instanceof HttpError && OF_CONTENT.has(error.statusCode)) return new BodyRefusedError(spoken(error));
  return unavailable(url, error);
}

/** @returns a sentence for whoever asked, with the failure as its cause */
export function unavailable(url: string, error: unknown): Error {
  if (error instanceof StoreUnavailableError) return error;
  if (!(error instanceof HttpError))
    return new StoreUnavailableError(`InfluxDB at ${url} ${silence(error)}`, { cause: error });
  const said = spoken(error);
  if (error.statusCode === 401 || error.statusCode === 403) {
    const sentence = `InfluxDB at ${url} does not let Seawall in (${said}); give it a token, or "user:password", that may read and write there.`;
    return new StoreUnavailableError(sentence, { cause: error });
  }
  const retryAfterMs = retryAfterOf(error.headers?.['retry-after']);
  return new StoreUnavailableError(`InfluxDB at ${url} answers ${error.statusCode}: ${said}`, {
    cause: error,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

function silence(error: unknown): string {
  if (error instanceof RequestTimeoutError || error instanceof RequestTimedOutError) return 'does not answer in time.';
  const { code, message } = error as { readonly code?: string; readonly message?: string };
  if (code === 'ECONNREFUSED') return 'is not there: the connection was refused.';
  if (code === 'ENOTFOUND') return 'is not there: nobody knows its name.';
  if (code === 'EPROTO') return 'can not be spoken to by https; perhaps its address begins with http://.';
  return `broke off: ${message || code || String(error)}.`;
}

/** What InfluxDB says itself, of whichever version: `{"error"}`, `{"message"}` or text. */
function spoken({ body, message }: HttpError): string {
  try {
    const { error, message: text } = JSON.parse(body ?? '') as { readonly error?: string; readonly message?: string };
    return text ?? error ?? message;
  } catch {
    return body?.trim() || message;
  }
}

const LONGEST_WAIT_MS = 3_600_000;

/** Seconds or a date, as HTTP has it; the client takes them for milliseconds. */
export function retryAfterOf(header: string | readonly string[] | undefined, now = Date.now()): number | undefined {
  const text = Array.isArray(header) ? (header as readonly string[])[0] : (header as string | undefined);
  if (text === undefined || text.trim() === '') return undefined;
  const ms = /^\d+$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? undefined : Math.min(LONGEST_WAIT_MS, Math.max(0, ms));
}
