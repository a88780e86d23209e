import { statSync } from 'node:fs';
import { join } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import {
  cursorAfter,
  cursorSeq,
  CursorOutOfLogError,
  JournalUnavailableError,
  settledWithin,
  StampClock,
  type Appended,
  type ConsumerPosition,
  type CopyOptions,
  type CopySummary,
  type Cursor,
  type EntryDraft,
  type Journal,
  type JournalChunk,
  type JournalStatus,
  type ReadOptions,
  type StampTimes,
  type TrimPolicy,
} from '@seawall/ports';
import { compactJournal } from './compact-journal.ts';
import { copyEnvironment, copyStates } from './copy-journal.ts';
import { DiskGuard } from './disk-guard.ts';
import { EntryRing } from './entry-ring.ts';
import { GroupPlan, TRIM_STEP } from './group-plan.ts';
import { keptBytes, loadState, type LogState } from './log-state.ts';
import { planOperation, type Caller, type Operation } from './operation.ts';
import { readLog } from './read-log.ts';
import { Room, type RoomOptions } from './room.ts';
import { openTables, type Tables } from './tables.ts';
import { StateFiles, type StateRow } from './state-files.ts';
import { Waiters } from './waiters.ts';
import { causeOf, growthOf, undoGroup, writeGroup } from './write-group.ts';

export interface LmdbJournalOptions extends RoomOptions, StampTimes {
  /** A directory, made if it is missing. One process at a time may have it open. */
  readonly path: string;
  /** Encoded bytes of the newest entries that are kept as objects for readers that keep up; 64 MiB unless given. */
  readonly ringBytes?: number;
  /** How long an idempotency key stays known while the log is open; 25 hours unless given. */
  readonly keyTtlMs?: number;
  /** Size of `data.mdb` beyond which it is written anew before it is opened, if most of it is free; never unless given. */
  readonly compactAboveBytes?: number;
  /** Told, as a sentence, that the file was not written anew though it has grown: there is no room for that. */
  readonly onNotCompacted?: (sentence: string) => void;
}

/**
 * Opens or creates a journal and looks whether it is whole at its ends.
 * @throws Error with a sentence: the files can't be opened, or hold what this release can't read
 */
export async function openLmdbJournal(options: LmdbJournalOptions): Promise<Journal> {
  const { path } = options;
  let tables: Tables | undefined;
  try {
    if (options.compactAboveBytes !== undefined) {
      const refusal = await compactJournal(path, options.compactAboveBytes, options.freeBytes);
      if (refusal !== undefined) options.onNotCompacted?.(refusal);
    }
    tables = openTables(path);
    const stamps = new StampClock(options);
    return new LmdbJournal(options, stamps, tables, loadState(tables, stamps.elapsed), await DiskGuard.open(path));
  } catch (error) {
    await tables?.root.close();
    throw new Error(`The journal in ${path} can't be opened: ${(error as Error).message}`, { cause: error });
  }
}

const LONGEST_CONSUMER = 200;
/** A copy can't be given up half-way; a close that has waited so long leaves the files to the end of the process. */
const COPY_PATIENCE_MS = 2_000;

class LmdbJournal implements Journal {
  readonly #path: string;
  readonly #stamps: StampClock;
  readonly #keyTtlMs: number;
  readonly #guard: DiskGuard;
  readonly #room: Room;
  readonly #stateFiles: StateFiles;
  readonly state: LogState;
  readonly ring: EntryRing;
  readonly waiters = new Waiters();
  tables: Tables | undefined;
  closed = false;
  #queue: Operation[] = [];
  /** Of the queue, those with a caller: a forgotten key goes with the next of them. */
  #calls = 0;
  #running: Promise<void> | undefined;
  #failure: string | undefined;
  #keptBytes: number;
  /** The copy under way: the files must not be closed before it has ended. */
  #copying: Promise<unknown> = Promise.resolve();
  /** A group whose write failed: what of it reached the disk must be taken back before anything else is written. */
  #unsettled: GroupPlan | undefined;

  constructor(options: LmdbJournalOptions, stamps: StampClock, tables: Tables, state: LogState, guard: DiskGuard) {
    const { path, ringBytes, keyTtlMs } = options;
    this.#path = path;
    this.#stamps = stamps;
    this.#keyTtlMs = keyTtlMs ?? 25 * 3_600_000;
    this.ring = new EntryRing(ringBytes ?? 64 * 1024 * 1024);
    this.tables = tables;
    this.state = state;
    this.#keptBytes = keptBytes(state, tables);
    this.#guard = guard;
    this.#room = new Room(path, options);
    this.#stateFiles = new StateFiles(
      this.#path,
      [...state.consumers.values()].flatMap(({ state: row }) => row ?? []),
    );
  }

  async append(drafts: readonly EntryDraft[]): Promise<readonly Appended[]> {
    return this.#submit((caller) => ({ kind: 'write', drafts, caller }));
  }

  forgetKey(id: string): void {
    this.#queue.push({ kind: 'forget', id });
  }

  read(after: Cursor, options: ReadOptions = {}): AsyncIterable<JournalChunk> {
    const until = options.follow === false ? this.state.lastSeq : Infinity;
    return readLog(this, cursorSeq(after), until, options);
  }

  end(): Cursor {
    return cursorAfter({ partition: 0, seq: this.state.lastSeq });
  }

  start(): Cursor {
    return cursorAfter({ partition: 0, seq: this.state.firstSeq - 1 });
  }

  async commit(
    consumer: string,
    cursor: Cursor,
    { outputs = [], state }: { readonly outputs?: readonly EntryDraft[]; readonly state?: Uint8Array } = {},
  ): Promise<readonly Appended[]> {
    if (consumer.length === 0 || consumer.length > LONGEST_CONSUMER) {
      throw new RangeError(
        `A consumer's name has 1 to ${LONGEST_CONSUMER} characters; this one has ${consumer.length}.`,
      );
    }
    this.#refuseBeyondEnd(consumer, cursor);
    const write = (position: ConsumerPosition) =>
      this.#submit<readonly Appended[]>((caller) => ({
        kind: 'write',
        drafts: outputs,
        consumer: { name: consumer, position },
        caller,
      }));
    if (state === undefined) return write({ cursor });
    const row = await this.#rowOf(state);
    const before = this.state.consumers.get(consumer)?.state;
    const appended = await write({ cursor, state: row }).catch((error: unknown) => {
      this.#stateFiles.doubt(row);
      throw error;
    });
    if (before !== undefined) await this.#stateFiles.remove(before);
    return appended;
  }

  /** @throws JournalUnavailableError */
  async #rowOf(state: Uint8Array): Promise<StateRow> {
    try {
      return await this.#stateFiles.rowOf(state);
    } catch (cause) {
      const why =
        this.#failure ?? `A state can't be written beside the journal in ${this.#path}: ${(cause as Error).message}`;
      throw new JournalUnavailableError(`${why}. Nothing of this call was stored; try again later.`, { cause });
    }
  }

  position(consumer: string): ConsumerPosition | undefined {
    const position = this.state.consumers.get(consumer);
    if (position === undefined) return undefined;
    this.#refuseBeyondEnd(consumer, position.cursor);
    const { cursor, state } = position;
    return state === undefined ? { cursor } : { cursor, state: this.#stateFiles.read(state) };
  }

  async dropConsumer(consumer: string): Promise<void> {
    return this.#submit((caller) => ({ kind: 'drop', consumer, caller }));
  }

  async trim(policy: TrimPolicy): Promise<number> {
    let total = 0;
    for (;;) {
      const count = await this.#submit<number>((caller) => ({ kind: 'trim', policy, caller }));
      total += count;
      if (count < TRIM_STEP) return total;
    }
  }

  /** States of consumers are copied with the log. Beginning or ending a copy forgets nothing: hold trimming to keep entries. */
  async backup(path: string, options: CopyOptions = {}): Promise<CopySummary> {
    const { tables } = this;
    if (this.closed || !tables) throw new JournalUnavailableError(this.#failure ?? 'The journal is closed.');
    options.signal?.throwIfAborted();
    await mkdir(path);
    const release = this.#stateFiles.keepAll();
    try {
      const copying = copyEnvironment(tables.root, path, options.onProgress);
      this.#copying = copying.catch(() => undefined); // Its caller is told.
      const bytes = await copying;
      const states = await copyStates(join(this.#path, 'states'), join(path, 'states'), options);
      return { bytes: bytes + states.bytes };
    } finally {
      release();
    }
  }

  status(): JournalStatus {
    const { firstSeq, lastSeq, lastStamp, consumers } = this.state;
    const failure = this.closed ? 'The journal is closed.' : (this.#failure ?? this.#room.refusal);
    return {
      writable: failure === undefined,
      ...(failure !== undefined && { failure, suspendedBy: this.#suspendedBy() }),
      firstSeq,
      lastSeq,
      lastStamp,
      bytes: statSync(join(this.#path, 'data.mdb')).size,
      keptBytes: this.tables ? keptBytes(this.state, this.tables) : this.#keptBytes,
      consumers: [...consumers].map(([name, { cursor }]) => ({ name, seq: cursorSeq(cursor) })),
    };
  }

  #suspendedBy(): NonNullable<JournalStatus['suspendedBy']> {
    return this.closed || this.#failure !== undefined ? 'failure' : (this.#room.refusedFor ?? 'failure');
  }

  async close(): Promise<void> {
    this.closed = true;
    this.waiters.wake();
    await this.#running;
    const { tables } = this;
    this.tables = undefined;
    if (await settledWithin(this.#copying, COPY_PATIENCE_MS)) await tables?.root.close();
    await this.#guard.close();
  }

  #refuseBeyondEnd(consumer: string, cursor: Cursor): void {
    const { lastSeq } = this.state;
    if (cursorSeq(cursor) > lastSeq) {
      throw new CursorOutOfLogError(
        `The cursor of consumer "${consumer}" stands at entry ${cursor}, but the log ends at entry ${lastSeq}: ` +
          'the log is not the one it has read. Restore the log, or drop the consumer.',
      );
    }
  }

  #submit<T>(operation: (caller: Caller<T>) => Operation): Promise<T> {
    if (this.closed) return Promise.reject(new JournalUnavailableError('The journal is closed.'));
    return new Promise((resolve, reject) => {
      this.#queue.push(operation({ resolve, reject }));
      this.#calls++;
      this.#running ??= this.#run();
    });
  }

  /** Writes group after group; while one is under way the next one gathers. */
  async #run(): Promise<void> {
    try {
      do {
        const probed = this.#guard.probe();
        probed.catch(() => undefined); // The group is told, if it has anything to write.
        // The calls of one turn of the event loop share a flush, and so does what readers decide by the group before.
        await setImmediate();
        const group = this.#queue;
        this.#queue = [];
        this.#calls = 0;
        await this.#write(group, probed);
      } while (this.#calls > 0);
    } finally {
      this.#running = undefined;
    }
  }

  /** @param probed whether the disk takes writes */
  async #write(group: readonly Operation[], probed: Promise<void>): Promise<void> {
    let plan: GroupPlan | undefined;
    let tell: (() => void)[];
    try {
      const tables = this.tables ?? (await this.#reopen());
      tables.root.resetReadTxn();
      this.#keptBytes = keptBytes(this.state, tables);
      await this.#room.look(this.#keptBytes);
      const planned = new GroupPlan(this.state, tables);
      const stamp = this.#stamps.next(planned.lastStamp);
      tell = group.map((operation) => planOperation(planned, operation, this.#room, stamp));
      if (!planned.changesNothing) {
        planned.markAge();
        await probed;
        await this.#guard.makeRoom(tables, growthOf(planned, tables.pageSize));
        plan = planned;
        await this.#store(tables, plan);
      }
    } catch (error) {
      return this.#fail(group, plan, error as Error);
    }
    if (plan) this.#acknowledge(plan);
    for (const one of tell) one();
    this.waiters.wake();
  }

  #acknowledge(plan: GroupPlan): void {
    plan.applyToState();
    this.ring.push(plan.entries);
    this.#failure = undefined;
    this.#stateFiles.settle();
  }

  async #store(tables: Tables, plan: GroupPlan): Promise<void> {
    const written = writeGroup(tables, plan, this.#keyTtlMs);
    // Readers are refused what is being trimmed from the moment that it may be gone.
    this.state.firstSeq = plan.firstSeq;
    await written;
  }

  /** Refuses the whole group, then opens the files anew, so that readers can go on; if that fails, the next group tries. */
  async #fail(group: readonly Operation[], plan: GroupPlan | undefined, error: Error): Promise<void> {
    const cause = await causeOf(error);
    this.#unsettled ??= plan;
    this.#failure = `The journal in ${this.#path} can't be written: ${cause.message}`;
    const unavailable = new JournalUnavailableError(
      `${this.#failure}. Nothing of this call was stored; try again later.`,
      { cause },
    );
    for (const operation of group) if (operation.kind !== 'forget') operation.caller.reject(unavailable);
    // A key that is not forgotten would make a new message look like an old one.
    this.#queue = [...group.filter((operation) => operation.kind === 'forget'), ...this.#queue];
    const { tables } = this;
    // Without a plan nothing was written.
    if (!plan || !tables) return;
    this.tables = undefined;
    await this.#copying;
    await tables.root.close();
    if (this.closed) return;
    const again = await this.#reopen().catch(causeOf);
    if (again instanceof Error) this.#failure += `; opening it again failed: ${again.message}`;
  }

  /** @throws Error if the files can't be opened, or are not what was acknowledged */
  async #reopen(): Promise<Tables> {
    const tables = openTables(this.#path);
    try {
      const unsettled = this.#unsettled;
      if (unsettled) {
        await this.#guard.probe();
        await this.#guard.makeRoom(tables, growthOf(unsettled, tables.pageSize));
        await undoGroup(tables, unsettled);
      }
      this.#verify(loadState(tables));
    } catch (error) {
      await tables.root.close();
      throw error;
    }
    this.#unsettled = undefined;
    this.tables = tables;
    this.waiters.wake();
    return tables;
  }

  #verify({ firstSeq, lastSeq, lastStamp }: LogState): void {
    const { state } = this;
    if (lastSeq !== state.lastSeq || lastStamp !== state.lastStamp) {
      throw new Error(`its last entry is ${lastSeq}, but entry ${state.lastSeq} was acknowledged`);
    }
    state.firstSeq = firstSeq;
  }
}
