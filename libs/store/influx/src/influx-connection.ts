import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { InfluxDB, type Transport } from '@influxdata/influxdb-client';
import { QueryTimeoutError, StoreUnavailableError } from '@seawall/ports';
import { RequestTimeoutError, unavailable, writeFailure } from './influx-failures.ts';
import { readRows, StatementError, UnspeakableNumberError, type Rows } from './read-rows.ts';
import type { InfluxApi, InfluxStoreSettings } from './settings.ts';

/** Where something is kept: a retention policy of the database, or the bucket "database/policy". */
export type Policy = 'raw' | '1m' | '1h' | 'hub';

export interface StatementOptions {
  readonly policy?: Policy;
  readonly signal?: AbortSignal | undefined;
}

/** Bodies larger than this are worth compressing. */
const GZIP_FROM_BYTES = 1_000;
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const TEXT = { 'content-type': 'text/plain; charset=utf-8' };

/** Requests to one InfluxDB. Each has a time limit, and is broken off when the connection closes. */
export class InfluxConnection {
  readonly database: string;
  readonly org: string | undefined;
  /** The log that is written to it. */
  readonly log: string | undefined;
  readonly #settings: InfluxStoreSettings;
  readonly #agent: HttpAgent;
  readonly #transport: Transport;
  readonly #closing = new AbortController();
  /** As messages name it: without a password that the address may hold. */
  readonly place: string;
  #version: string | undefined;

  constructor(settings: InfluxStoreSettings) {
    const { url, token, database, org } = settings;
    const { protocol, host, pathname } = new URL(url);
    this.database = database;
    this.org = org;
    this.log = settings.log;
    this.#settings = settings;
    this.place = `${protocol}//${host}${pathname.replace(/\/+$/, '')}`;
    this.#agent = protocol === 'https:' ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
    // InfluxDB 1 knows users and passwords, 2 and 3 tokens, which hold no colon.
    const headers: Record<string, string> = token?.includes(':')
      ? { Authorization: `Basic ${Buffer.from(token).toString('base64')}` }
      : {};
    this.#transport = new InfluxDB({
      url,
      ...(token !== undefined && !token.includes(':') && { token }),
      headers,
      // The time limit is kept here, also for what the client does not watch over.
      timeout: 0x7fffffff,
      transportOptions: { agent: this.#agent },
    }).transport;
  }

  /** As the server gives it: "1.6.7", "v2.7.1"; empty where it tells none. @throws StoreUnavailableError */
  async version(): Promise<string> {
    if (this.#version !== undefined) return this.#version;
    let version = '';
    await this.#request('/ping', '', { method: 'GET' }, (headers) => {
      version = String(headers['x-influxdb-version'] ?? '');
    });
    this.#version = version;
    return version;
  }

  async api(): Promise<InfluxApi> {
    const { api } = this.#settings;
    if (api !== 'auto') return api;
    return /^v?[01]\./.test(await this.version()) ? 1 : 2;
  }

  /**
   * Sends lines; times are in microseconds.
   * @throws BodyRefusedError where InfluxDB says no to what is in the body, of which parts may be stored;
   *   StoreUnavailableError for everything else, where the body may be stored, or be stored later
   */
  async write(policy: Policy, body: string): Promise<void> {
    const path = await this.#writePath(policy);
    try {
      await this.#send(path, body, { method: 'POST', headers: TEXT });
    } catch (error) {
      throw writeFailure(this.place, error);
    }
  }

  async #writePath(policy: Policy): Promise<string> {
    if ((await this.api()) === 1)
      return `/write?${new URLSearchParams({ db: this.database, rp: policy, precision: 'u' }).toString()}`;
    const bucket = this.bucket(policy);
    return `/api/v2/write?${new URLSearchParams({ ...(this.org && { org: this.org }), bucket, precision: 'us' }).toString()}`;
  }

  bucket(policy: Policy): string {
    return `${this.database}/${policy}`;
  }

  /**
   * Rows of InfluxQL statements as they come; times are microseconds.
   * @throws StatementError what InfluxDB says against a statement; UnspeakableNumberError; StoreUnavailableError
   */
  statement(text: string, options: StatementOptions = {}): AsyncGenerator<Rows> {
    return readRows(this.#bytes(text, options, this.#settings.requestTimeoutMs));
  }

  /** All rows of it. */
  async rows(text: string, options: StatementOptions = {}): Promise<Rows[]> {
    const all: Rows[] = [];
    try {
      for await (const rows of this.statement(text, options)) all.push(rows);
    } catch (error) {
      throw error instanceof StatementError ? this.refused(error) : error;
    }
    return all;
  }

  /**
   * As `statement`, for a query: what time it has counts what InfluxDB takes, and not what the reader of the answer takes.
   * @throws QueryTimeoutError as well
   */
  async *query(text: string, signal: AbortSignal): AsyncGenerator<Rows> {
    const { queryTimeoutMs } = this.#settings;
    try {
      yield* readRows(this.#bytes(text, { policy: 'raw', signal }, queryTimeoutMs));
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof UnspeakableNumberError) throw error;
      const tooLong =
        (error as Error).cause instanceof RequestTimeoutError || /query-timeout/.test((error as Error).message);
      // A server that hangs looks like one that works for long.
      if (tooLong && (await this.#answers())) {
        const sentence = `The query took longer than ${queryTimeoutMs / 1000} s; ask for a shorter range, fewer series or a longer step.`;
        throw new QueryTimeoutError(sentence, { cause: error });
      }
      throw error instanceof StatementError ? this.refused(error) : error;
    }
  }

  /** The sentence about a statement that InfluxDB does not take. */
  refused(error: StatementError): StoreUnavailableError {
    return new StoreUnavailableError(`InfluxDB at ${this.place} did not answer a statement: ${error.message}`, {
      cause: error,
    });
  }

  /** A request to a path of InfluxDB 2. @returns the document that it answers, if it answers one */
  json(method: 'GET' | 'POST' | 'PATCH', path: string, body?: object): Promise<unknown> {
    return this.#request(path, body === undefined ? '' : JSON.stringify(body), { method });
  }

  /** Breaks off what is under way. */
  close(): void {
    this.#closing.abort(new StoreUnavailableError('The series store is closed.'));
    this.#agent.destroy();
  }

  async #answers(): Promise<boolean> {
    try {
      await this.#send('/ping', '', { method: 'GET' }, 2_000);
      return true;
    } catch {
      return false;
    }
  }

  async #request(path: string, body: string, options: RequestOptions, onHeaders?: OnHeaders): Promise<unknown> {
    try {
      return await this.#send(path, body, options, this.#settings.requestTimeoutMs, onHeaders);
    } catch (error) {
      throw unavailable(this.place, error);
    }
  }

  async #send(
    path: string,
    body: string,
    options: RequestOptions,
    timeoutMs = this.#settings.requestTimeoutMs,
    onHeaders?: OnHeaders,
  ): Promise<unknown> {
    const stop = new AbortController();
    const close = () => stop.abort(this.#closing.signal.reason);
    const timer = setTimeout(
      () => stop.abort(new RequestTimeoutError(`${path.split('?', 1)[0]} took too long.`)),
      timeoutMs,
    );
    this.#closing.signal.throwIfAborted();
    this.#closing.signal.addEventListener('abort', close, { once: true });
    try {
      const gzip = this.#settings.gzip ? { gzipThreshold: GZIP_FROM_BYTES } : {};
      return await this.#transport.request(path, body, { ...options, ...gzip, signal: stop.signal }, onHeaders);
    } catch (error) {
      throw stop.signal.aborted ? stop.signal.reason : error;
    } finally {
      clearTimeout(timer);
      this.#closing.signal.removeEventListener('abort', close);
    }
  }

  /** The bytes of an answer, which may take so long to come, in all. */
  async *#bytes(text: string, { policy, signal }: StatementOptions, timeoutMs: number): AsyncGenerator<Uint8Array> {
    const halt = new Halt([this.#closing.signal, ...(signal ? [signal] : [])]);
    const rp: Record<string, string> = policy === undefined ? {} : { rp: policy };
    const path = `/query?${new URLSearchParams({ db: this.database, ...rp, epoch: 'u', chunked: 'true' }).toString()}`;
    const options = { method: 'POST', headers: FORM, signal: halt.request };
    const chunks = this.#transport
      .iterate(path, `${new URLSearchParams({ q: text }).toString()}`, options)
      [Symbol.asyncIterator]();
    let leftMs = timeoutMs;
    try {
      for (;;) {
        const began = performance.now();
        const next = await halt.orElse(() => chunks.next(), leftMs);
        leftMs = Math.max(0, leftMs - (performance.now() - began));
        if (next.done) return;
        yield next.value;
      }
    } catch (error) {
      throw unavailable(this.place, error);
    } finally {
      halt.release();
      // Whoever stops reading stops the work: this closes the connection, unless the answer is at its end.
      await chunks.return?.();
    }
  }
}

/**
 * Breaks off a request while it is waited for. Between two pieces of its answer nothing is broken off, since the client
 * would have nobody to tell of it: then the next wait throws.
 */
class Halt {
  readonly #by: readonly AbortSignal[];
  readonly #request = new AbortController();
  #waiting = false;

  constructor(by: readonly AbortSignal[]) {
    this.#by = by;
    for (const signal of by) signal.addEventListener('abort', this.#onAbort);
  }

  /** For the request. */
  get request(): AbortSignal {
    return this.#request.signal;
  }

  /** @throws the reason of a signal that aborts meanwhile; RequestTimeoutError */
  async orElse<T>(wait: () => Promise<T>, timeoutMs: number): Promise<T> {
    for (const signal of this.#by) signal.throwIfAborted();
    const tooLong = () => this.#request.abort(new RequestTimeoutError('The answer took too long.'));
    const timer = setTimeout(tooLong, timeoutMs);
    this.#waiting = true;
    try {
      return await wait();
    } catch (error) {
      throw this.#request.signal.aborted ? this.#request.signal.reason : error;
    } finally {
      this.#waiting = false;
      clearTimeout(timer);
    }
  }

  release(): void {
    for (const signal of this.#by) signal.removeEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = () => {
    if (this.#waiting) this.#request.abort(this.#by.find(({ aborted }) => aborted)?.reason);
  };
}

interface RequestOptions {
  readonly method: string;
  readonly headers?: Record<string, string>;
}

type OnHeaders = (headers: Readonly<Record<string, string | readonly string[] | undefined>>) => void;
