import { setTimeout as delay } from 'node:timers/promises';
import { cursorSeq, JOURNAL_START, StoreUnavailableError, type Cursor } from '@seawall/ports';
import type { Logger } from 'pino';

/** What a role tells of itself to `/readyz` and `/metrics`. */
export interface RoleStatus {
  readonly name: string;
  readonly running: boolean;
  /** Journal sequence it is past. */
  readonly seq: number;
  /** Of the last entry it is past, epoch ms; 0 before the first since its start. */
  readonly stamp: number;
  /** The sentence of the failure it is recovering from. */
  readonly failure?: string;
}

/** Told by a role's loop of each place it is past, with the stamp of the entry there. */
export type Progress = (cursor: Cursor, stamp: number) => void;

/** A loop over the journal that moves `progress` forward until the signal aborts; then it tells the journal its place. */
export type RoleLoop = (progress: Progress, signal: AbortSignal) => Promise<void>;

const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 10_000;
/** An engine that asks for more than this is asked again all the same: it may have been mended meanwhile. */
const LONGEST_ASKED_MS = 600_000;

/** Runs one loop, and again after a failure: a neighbour that is down harms nobody but the one who needs it. */
export class Role {
  readonly name: string;
  readonly #loop: RoleLoop;
  readonly #log: Logger;
  readonly #abort = new AbortController();
  #pass = new AbortController();
  readonly #waiting: { seq: number; done: () => void }[] = [];
  #seq = cursorSeq(JOURNAL_START);
  #stamp = 0;
  #failure: string | undefined;
  #finished: Promise<void> | undefined;

  constructor(name: string, loop: RoleLoop, log: Logger) {
    this.name = name;
    this.#loop = loop;
    this.#log = log.child({ role: name });
  }

  start(): void {
    this.#finished ??= this.#run();
  }

  /** Resolves when the role is past the cursor, or after `timeoutMs`, whichever is first. */
  async past(cursor: Cursor, timeoutMs: number): Promise<boolean> {
    const seq = cursorSeq(cursor);
    if (this.#seq >= seq) return true;
    const timeout = new AbortController();
    const reached = new Promise<void>((done) => this.#waiting.push({ seq, done })).then(() => true);
    const late = delay(timeoutMs, false, { signal: timeout.signal, ref: false }).catch(() => false);
    const result = await Promise.race([reached, late]);
    timeout.abort();
    return result;
  }

  /** Lets the loop tell the journal its place now, and go on there: for one that waits where nothing comes. */
  settle(): void {
    this.#pass.abort();
  }

  status(): RoleStatus {
    return {
      name: this.name,
      running: this.#finished !== undefined && !this.#abort.signal.aborted,
      seq: this.#seq,
      stamp: this.#stamp,
      ...(this.#failure === undefined ? {} : { failure: this.#failure }),
    };
  }

  /** Whether it recovers from a failure. */
  get failing(): boolean {
    return this.#failure !== undefined;
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#finished;
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    let retryMs = FIRST_RETRY_MS;
    while (!signal.aborted) {
      this.#pass = new AbortController();
      try {
        await this.#loop(
          (cursor, stamp) => {
            this.#stamp = stamp;
            this.#moveTo(cursorSeq(cursor));
            retryMs = FIRST_RETRY_MS;
          },
          AbortSignal.any([signal, this.#pass.signal]),
        );
      } catch (error) {
        if (signal.aborted) return;
        const waitMs = Math.max(retryMs, askedToWait(error));
        this.#failed(error, waitMs);
        await delay(waitMs, undefined, { signal }).catch(() => undefined);
        retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
      }
    }
  }

  /** Told once, however often it is tried in vain for the same reason: a neighbour may be down for hours. */
  #failed(error: unknown, retryMs: number): void {
    const sentence = error instanceof Error ? error.message : String(error);
    const level = sentence === this.#failure ? 'debug' : 'error';
    this.#failure = sentence;
    this.#log[level]({ err: error, retryMs }, 'role failed; it will start again where it stopped');
  }

  #moveTo(seq: number): void {
    this.#seq = seq;
    if (this.#failure !== undefined) this.#log.info('role goes on again');
    this.#failure = undefined;
    for (let i = this.#waiting.length - 1; i >= 0; i--) {
      if (this.#waiting[i]!.seq > seq) continue;
      this.#waiting.splice(i, 1)[0]!.done();
    }
  }
}

function askedToWait(error: unknown): number {
  const { retryAfterMs = 0 } = error instanceof StoreUnavailableError ? error : {};
  return Math.min(retryAfterMs, LONGEST_ASKED_MS);
}
