import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod';
import { HubRefusedError, HubUnreachableError, messageOf, UsageError } from '../errors.ts';

const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 5_000;
const LONGEST_RETRY_AFTER_MS = 60_000;
const REQUEST_TIMEOUT_MS = 60_000;
/** The hub, or a proxy before it, asks for patience. */
const TRY_AGAIN: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** What the hub says of a body it took; receivers ignore what they don't know. */
const receiptSchema = z.object({
  accepted: z.number().optional(),
  rejected: z.number().optional(),
  outOfRange: z.number().default(0),
  errors: z
    .array(z.object({ reason: z.string(), detail: z.string().default(''), pointer: z.string().default('') }))
    .default([]),
});
export type HubReceipt = z.infer<typeof receiptSchema>;

export interface HttpDoorOptions {
  /** http:// or https://, the hub's root. */
  readonly url: string;
  readonly token?: string;
  readonly origin: 'import' | 'replay' | 'live';
  /** How long the hub may be away or busy, without taking anything, before it is given up. */
  readonly patienceMs: number;
  readonly signal?: AbortSignal;
  /** For tests: how to wait. Aborting the signal makes it throw. */
  readonly sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** The hub's `POST /api/v1/telemetry`, for one body at a time. */
export class HttpDoor {
  readonly #options: HttpDoorOptions;
  readonly #target: string;
  #reached = false;

  /** @throws UsageError if the address is none */
  constructor(options: HttpDoorOptions) {
    const protocol = URL.canParse(options.url) ? new URL(options.url).protocol : '';
    if (protocol !== 'http:' && protocol !== 'https:') {
      throw new UsageError(`"${options.url}" is not the address of a hub; write it like http://127.0.0.1:8080.`);
    }
    this.#options = options;
    this.#target = `${options.url.replace(/\/+$/, '')}/api/v1/telemetry?origin=${options.origin}`;
  }

  /**
   * Resolves when the hub has stored what it could of the body. Waits as long as the hub asks to and tries again.
   * Each reading must have its `ts`: so one whose answer was lost is stored once, though it is sent twice, and one that
   * has expired since is stored again, which with an Idempotency-Key it would not be.
   * @throws HubUnreachableError, HubRefusedError, the signal's reason
   */
  async post(body: string): Promise<HubReceipt> {
    const { patienceMs, signal, sleep = pause } = this.#options;
    let waited = 0;
    for (let attempt = 0; ; attempt++) {
      const answer = await this.#attempt(body);
      if (!('error' in answer)) return answer;
      const backoff = Math.min(FIRST_RETRY_MS * 2 ** attempt, LONGEST_RETRY_MS);
      const delay = answer.retryAfterMs ?? backoff;
      if (!this.#reached || waited + delay > patienceMs) throw answer.error;
      await sleep(delay, signal);
      waited += Math.max(delay, 1);
    }
  }

  async #attempt(body: string): Promise<HubReceipt | { error: Error; retryAfterMs?: number }> {
    let response: Response;
    let text: string;
    try {
      response = await this.#send(body);
      text = await response.text();
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      const message = `No hub answers at ${this.#options.url}: ${messageOf(error)}. Is it running, and is this its HTTP address?`;
      return { error: new HubUnreachableError(message, { cause: error }) };
    }
    this.#reached = true;
    if (response.status === 200 || response.status === 422) return this.#receiptOf(response, text);
    const error = refusal(this.#options.url, response.status, text);
    if (!TRY_AGAIN.has(response.status)) throw error;
    return { error, retryAfterMs: retryAfterMs(response.headers.get('retry-after')) };
  }

  #send(body: string): Promise<Response> {
    const { token, signal } = this.#options;
    const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    return fetch(this.#target, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
  }

  #receiptOf(response: Response, text: string): HubReceipt {
    const result = receiptSchema.safeParse(parseJson(text));
    // 422 may be a problem document, which counts nothing: nothing was usable.
    if (result.success && (response.status === 422 || result.data.accepted !== undefined)) return result.data;
    throw new HubRefusedError(
      `${this.#options.url} answered ${response.status} with something that is no hub's answer.`,
    );
  }
}

function refusal(url: string, status: number, text: string): Error {
  if (status === 401 || status === 403) {
    return new HubRefusedError(
      `The hub at ${url} refused the token; give the one it was started with (SEAWALL_TOKEN).`,
    );
  }
  if (status === 413) {
    return new HubRefusedError(
      `The hub at ${url} found a batch too large; give a smaller number of readings in a batch.`,
    );
  }
  const problem = z.object({ title: z.string().optional(), detail: z.string().optional() }).safeParse(parseJson(text));
  const said = problem.success ? (problem.data.detail ?? problem.data.title) : undefined;
  return new HubRefusedError(`The hub at ${url} answered ${status}${said === undefined ? '' : `: ${said}`}.`);
}

/** Seconds or an HTTP date (RFC 9110, 10.2.3). */
function retryAfterMs(header: string | null): number | undefined {
  if (header === null) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), LONGEST_RETRY_AFTER_MS);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // not JSON, so not the hub's answer: the caller says so
  }
}

async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await wait(ms, undefined, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
