import { setTimeout as delay } from 'node:timers/promises';
import { StoreUnavailableError, type Retention, type SeriesStore } from '@seawall/ports';
import type { Logger } from 'pino';

/** Between two looks for work while there is none. */
const IDLE_MS = 10_000;
/** Between two pieces, at least: the store may say "there is more" of a piece that gave way. */
const REST_MS = 100;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;

export interface MaintainerOptions {
  readonly store: Pick<SeriesStore, 'maintain'>;
  readonly retention: Retention;
  /** Whether the disk has little left: then nothing is moved about, and only what has expired is let go. */
  readonly diskIsLow: () => boolean;
  readonly log: Logger;
  /** The time by which readings are old, epoch ms: one that no leap of a clock leads ahead. */
  readonly now: () => number;
  /** Resolves after so many ms, or when the signal aborts. */
  readonly rest?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** What it tells of itself to `/readyz` and `/metrics`. */
export interface MaintainerStatus {
  readonly pieces: number;
  readonly busyMs: number;
  /** The sentence of the failure it is recovering from. */
  readonly failure?: string;
}

/**
 * Keeps the series store in order, piece by piece in the background: what has come is ordered and rolled up, what has
 * expired goes. After each piece it rests as long as that took, so that writes and queries have the engine to themselves
 * half of the time at least. A failure stops nobody else; it is told once, and tried again.
 */
export class Maintainer {
  readonly #options: Required<MaintainerOptions>;
  readonly #abort = new AbortController();
  #pieces = 0;
  #busyMs = 0;
  #failure: string | undefined;
  #retryMs = FIRST_RETRY_MS;
  #finished: Promise<void> | undefined;

  constructor(options: MaintainerOptions) {
    this.#options = { rest, ...options };
  }

  start(): void {
    this.#finished ??= this.#run();
  }

  status(): MaintainerStatus {
    const failure = this.#failure === undefined ? {} : { failure: this.#failure };
    return { pieces: this.#pieces, busyMs: this.#busyMs, ...failure };
  }

  /** Leaves the piece under way undone. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#finished;
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) await this.#options.rest(await this.#piece(signal), signal);
  }

  /** @returns how long to rest after it, ms */
  async #piece(signal: AbortSignal): Promise<number> {
    const { store, retention, diskIsLow, now, log } = this.#options;
    const began = performance.now();
    try {
      const more = await store.maintain({ now: now(), retention, expireOnly: diskIsLow() }, signal);
      const tookMs = performance.now() - began;
      this.#pieces++;
      this.#busyMs += tookMs;
      if (this.#failure !== undefined) log.info('the series store can be kept in order again');
      this.#failure = undefined;
      this.#retryMs = FIRST_RETRY_MS;
      return more ? Math.max(REST_MS, tookMs) : IDLE_MS;
    } catch (error) {
      if (signal.aborted) return 0;
      return this.#failed(error);
    }
  }

  #failed(error: unknown): number {
    const { log } = this.#options;
    const level = this.#failure === undefined ? 'error' : 'debug';
    log[level]({ err: error }, 'the series store could not be kept in order; it will be tried again');
    this.#failure = error instanceof Error ? error.message : String(error);
    const retryMs = this.#retryMs;
    this.#retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
    const { retryAfterMs = 0 } = error instanceof StoreUnavailableError ? error : {};
    return Math.max(retryMs, Math.min(retryAfterMs, LONGEST_RETRY_MS));
  }
}

async function rest(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined); // Only the abort ends it early.
}
