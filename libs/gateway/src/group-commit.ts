import { ReadingBatchBuilder } from '@seawall/model';
import { KeyReusedError, type Journal } from '@seawall/ports';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GatewayLog } from './gateway-log.ts';
import { Part } from './part.ts';

/** Readings of one entry; a busier moment is cut into several, so that no reader meets a giant. */
const MAX_BATCH_READINGS = 16_384;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5000;

export interface GroupCommitOptions {
  readonly journal: Pick<Journal, 'append' | 'forgetKey'>;
  /** Told of each part once it is on disk, in order, after its acknowledgements. */
  readonly onStored: (part: Part) => void;
  /** Told when `heldBytes` has grown or shrunk. */
  readonly onHeld: (heldBytes: number) => void;
  readonly log: GatewayLog;
}

/**
 * Gathers what came since the last append into the next one: one append is under way at a time. What was gathered is
 * acknowledged when it is on disk, in arrival order. While the journal can't be written it is tried again and again,
 * and nothing is acknowledged.
 */
export class GroupCommit {
  readonly builder = new ReadingBatchBuilder();
  #open = new Part();
  #sealed: Part[] = [];
  #running = false;
  #failing = false;
  #heldBytes = 0;
  #idle: (() => void)[] = [];
  readonly #stopped = new AbortController();
  readonly #options: GroupCommitOptions;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
  }

  /** The part that gathers now; its readings go into `builder`. */
  get open(): Part {
    return this.#open;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** True after an append has failed, until one has succeeded. */
  get failing(): boolean {
    return this.#failing;
  }

  get idle(): boolean {
    return !this.#running;
  }

  /** Something was put into the open part. @param bytes how much memory it holds until it is stored */
  gathered(bytes: number): void {
    this.#hold(this.#open, bytes);
    if (this.builder.length >= MAX_BATCH_READINGS) this.#seal();
    this.#start();
  }

  /** Stores a part of its own, after what was gathered before it. */
  add(part: Part, bytes: number): void {
    this.#seal();
    this.#hold(part, bytes);
    this.#sealed.push(part);
    this.#start();
  }

  /** Counts what somebody else holds for the same disk. @param bytes negative when it is let go */
  hold(bytes: number): void {
    this.#heldBytes += bytes;
    this.#options.onHeld(this.#heldBytes);
  }

  /** Resolves when all is stored, or after the time. @returns whether all is stored */
  async drain(timeoutMs: number): Promise<boolean> {
    if (this.idle) return true;
    const done = new Promise<boolean>((resolve) => this.#idle.push(() => resolve(true)));
    return Promise.race([done, sleep(timeoutMs, false, { ref: false })]);
  }

  /** Gives up what is not stored yet; it was never acknowledged. */
  stop(): void {
    this.#stopped.abort();
  }

  #hold(part: Part, bytes: number): void {
    part.heldBytes += bytes;
    this.hold(bytes);
  }

  #seal(): void {
    if (this.builder.length === 0 && this.#open.heldBytes === 0 && this.#open.changes.length === 0) return;
    if (this.builder.length > 0) this.#open.batch = this.builder.take();
    this.#sealed.push(this.#open);
    this.#open = new Part();
  }

  #start(): void {
    if (this.#running) return;
    this.#running = true;
    // The other messages of this turn of the event loop belong to the same append.
    setImmediate(() => void this.#run());
  }

  async #run(): Promise<void> {
    for (;;) {
      this.#seal();
      const parts = this.#sealed;
      if (parts.length === 0 || this.#stopped.signal.aborted) break;
      this.#sealed = [];
      // Overlapping appends share a flush and keep their order.
      const appends = parts.map((part) => this.#append(part));
      for (let i = 0; i < parts.length; i++) {
        if (await this.#stored(parts[i]!, appends[i]!)) this.#settle(parts[i]!);
      }
    }
    this.#running = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** @returns the failure, so that one waiting in line is no unhandled rejection */
  async #append(part: Part): Promise<Error | undefined> {
    try {
      const drafts = part.drafts();
      if (drafts.length > 0) await this.#options.journal.append(drafts);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  /** Tries until the part is on disk. @returns false when told to stop before */
  async #stored(part: Part, first: Promise<Error | undefined>): Promise<boolean> {
    let failure = await first;
    for (let retryMs = FIRST_RETRY_MS; failure !== undefined; retryMs = Math.min(retryMs * 2, LAST_RETRY_MS)) {
      // The sender uses the id for something new, of which the end of the former use was not heard.
      if (failure instanceof KeyReusedError && part.key !== undefined) this.#options.journal.forgetKey(part.key.id);
      else if (!(await this.#pause(failure, retryMs))) return false;
      failure = await this.#append(part);
    }
    if (this.#failing) this.#options.log.info('the journal takes readings again');
    this.#failing = false;
    return true;
  }

  async #pause(failure: Error, retryMs: number): Promise<boolean> {
    if (!this.#failing)
      this.#options.log.error('the journal takes no readings; nothing is acknowledged until it does', { err: failure });
    this.#failing = true;
    try {
      await sleep(retryMs, undefined, { signal: this.#stopped.signal });
      return true;
    } catch {
      // Only the abort ends the sleep early.
      return false;
    }
  }

  #settle(part: Part): void {
    this.hold(-part.heldBytes);
    for (const acknowledge of part.acknowledgements) acknowledge();
    this.#options.onStored(part);
  }
}
