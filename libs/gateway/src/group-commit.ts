import { ReadingBatchBuilder } from '@seawall/model';
import { JournalUnavailableError, KeyReusedError, type DeviceChange, type Journal } from '@seawall/ports';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GatewayLog } from './gateway-log.ts';
import { Part, rejectionsKey } from './part.ts';

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
  /** Ms of a clock that nobody sets. */
  readonly elapsed: () => number;
  readonly log: GatewayLog;
}

type Outcome = 'stored' | 'stopped' | { readonly refusedFor: Error };

/**
 * Gathers what came since the last append into the next one: one append is under way at a time. What was gathered is
 * acknowledged when it is on disk, in arrival order. While the journal can't be written it is tried again and again,
 * and nothing is acknowledged. A part that the journal refuses for good is dropped: its senders are cut off
 * unacknowledged, and the others go on.
 */
export class GroupCommit {
  readonly builder = new ReadingBatchBuilder();
  #open = new Part();
  #sealed: Part[] = [];
  #running = false;
  #failing = false;
  #heldBytes = 0;
  #refusedParts = 0;
  /** In the order they came. */
  readonly #waiting = new Set<Part>();
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

  /** Parts dropped because the journal refused them for good. */
  get refusedParts(): number {
    return this.#refusedParts;
  }

  /** How long the oldest of what waits for the disk has waited; 0 if nothing waits. */
  get oldestWaitMs(): number {
    for (const { waitsSince } of this.#waiting) return this.#options.elapsed() - waitsSince;
    return 0;
  }

  get idle(): boolean {
    return !this.#running;
  }

  /** Something was put into the open part. @param bytes how much memory it holds until it is stored */
  gathered(bytes: number): void {
    this.hold(this.#open, bytes);
    if (this.builder.length >= MAX_BATCH_READINGS) this.#seal();
    this.#start();
  }

  /** Stores a part of its own, after what was gathered before it. */
  add(part: Part, bytes: number): void {
    this.#seal();
    this.hold(part, bytes);
    this.#sealed.push(part);
    this.#start();
  }

  /** Counts what a part holds until its release; somebody else's part as well that waits for the same disk. */
  hold(part: Part, bytes: number): void {
    if (!this.#waiting.has(part)) {
      this.#waiting.add(part);
      part.waitsSince = this.#options.elapsed();
    }
    part.heldBytes += bytes;
    this.#heldBytes += bytes;
    this.#options.onHeld(this.#heldBytes);
  }

  release(part: Part): void {
    this.#waiting.delete(part);
    this.#heldBytes -= part.heldBytes;
    part.heldBytes = 0;
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
        this.#settle(parts[i]!, await this.#outcome(parts[i]!, appends[i]!));
      }
    }
    this.#running = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** @returns the failure, so that one waiting in line is no unhandled rejection */
  async #append(part: Part): Promise<Error | undefined> {
    try {
      const drafts = part.drafts();
      const appended = drafts.length === 0 ? [] : await this.#options.journal.append(drafts);
      // What has a key comes last.
      part.duplicate = appended.at(-1)?.duplicate ?? false;
      return undefined;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  /** Tries until the part is on disk, or can't ever be, or all is stopped. */
  async #outcome(part: Part, first: Promise<Error | undefined>): Promise<Outcome> {
    let failure = await first;
    let keysForgotten = false;
    for (let retryMs = FIRST_RETRY_MS; failure !== undefined; failure = await this.#append(part)) {
      if (this.#stopped.signal.aborted) return 'stopped';
      if (failure instanceof KeyReusedError && part.key !== undefined && !keysForgotten) {
        // The sender uses the id for something new, of which the end of the former use was not heard.
        for (const id of [part.key.id, rejectionsKey(part.key.id)]) this.#options.journal.forgetKey(id);
        keysForgotten = true;
        continue;
      }
      if (!(failure instanceof JournalUnavailableError)) return { refusedFor: failure };
      if (!(await this.#pause(failure, retryMs))) return 'stopped';
      retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
    }
    if (this.#failing) this.#options.log.info('the journal takes readings again');
    this.#failing = false;
    return 'stored';
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

  #settle(part: Part, outcome: Outcome): void {
    if (outcome === 'stopped') return;
    this.release(part);
    if (outcome !== 'stored') return this.#refuse(part, outcome.refusedFor);
    for (const acknowledge of part.acknowledgements) acknowledge();
    this.#options.onStored(part);
  }

  #refuse(part: Part, reason: Error): void {
    this.#refusedParts++;
    const { changes, rejections, acknowledgements } = part;
    this.#options.log.error(
      'the journal refuses what some messages brought; they are not stored, and not acknowledged: their senders are cut off',
      { err: reason, messages: acknowledgements.length, changes: changes.length },
    );
    // Devices are known in memory already, and what they send later must not come without their registration.
    if (changes.length > 0 && (part.batch !== undefined || rejections.length > 0)) this.#keep(changes);
    const error = new Error('The hub could not store this message.', { cause: reason });
    for (const acknowledge of acknowledgements) acknowledge(error);
  }

  /** Changes alone; refused again they are given up. */
  #keep(changes: readonly DeviceChange[]): void {
    const part = new Part();
    for (const change of changes) part.addChange(change);
    this.add(part, part.changeBytes);
  }
}
