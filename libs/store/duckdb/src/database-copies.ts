import { open, stat, type FileHandle } from 'node:fs/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { CopyOptions } from '@seawall/ports';
import type { BetweenWrites } from './background.ts';
import { copyDatabase, momentOf, type DatabaseMoment } from './backup-database.ts';

/** While a copy is taken the log may become so many times as long; then the background waits. */
const TIMES_AS_LONG = 4;

/** A copy, with what was noted at its moment. */
export interface DatabaseCopy<T> {
  readonly bytes: number;
  readonly noted: T;
}

/**
 * Copies of one database, and its checkpoints, which are made here and not by the engine: while a copy is taken there
 * must be none.
 */
export class DatabaseCopies {
  readonly #path: string;
  readonly #checkpointBytes: number;
  /** Kept open for as long as the engine has the file, see `copyDatabase`. */
  #database: FileHandle | undefined;
  #copying: Promise<unknown> | undefined;
  #ended = new AbortController();

  /** @param checkpointBytes how long the write-ahead log becomes */
  constructor(path: string, checkpointBytes: number) {
    this.#path = path;
    this.#checkpointBytes = checkpointBytes;
  }

  /** Between two writes: moves a long write-ahead log into the file. @throws the engine's error */
  async checkpoint(writer: DuckDBConnection): Promise<void> {
    if (this.#copying !== undefined) return;
    if ((await this.#logBytes()) < this.#checkpointBytes) return;
    try {
      await writer.run('CHECKPOINT');
    } catch (error) {
      // The background is in the middle of a piece; after it this is tried again.
      if (!/other write transactions/.test((error as Error).message)) throw error;
    }
  }

  /** Whether the log has become so long during a copy that only writes may go on. */
  async holdUp(): Promise<boolean> {
    return this.#copying !== undefined && (await this.#logBytes()) >= TIMES_AS_LONG * this.#checkpointBytes;
  }

  async #logBytes(): Promise<number> {
    const log = await stat(`${this.#path}.wal`).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return { size: 0 }; // nothing since the last one
      throw error;
    });
    return log.size;
  }

  /**
   * @param betweenWrites runs what it is given after one write and before the next
   * @param note what of the database is held in memory, when asked between two writes
   * @throws Error if a copy is under way, or the file system's; the signals' reasons
   */
  async copy<T>(
    to: string,
    betweenWrites: BetweenWrites,
    note: () => T,
    options: CopyOptions,
  ): Promise<DatabaseCopy<T>> {
    if (this.#copying !== undefined) throw new Error('The series store is being copied already.');
    const signals = [this.#ended.signal, ...(options.signal === undefined ? [] : [options.signal])];
    const work = this.#copy(to, betweenWrites, note, { ...options, signal: AbortSignal.any(signals) });
    this.#copying = work.catch(() => undefined); // Its caller is told.
    try {
      return await work;
    } finally {
      this.#copying = undefined;
    }
  }

  async #copy<T>(
    to: string,
    betweenWrites: BetweenWrites,
    note: () => T,
    options: CopyOptions,
  ): Promise<DatabaseCopy<T>> {
    options.signal?.throwIfAborted();
    this.#database ??= await open(this.#path, 'r');
    const database = this.#database;
    const noting = betweenWrites<DatabaseMoment & { noted: T }>(async () => ({
      ...(await momentOf(database, this.#path)),
      noted: note(),
    }));
    // Who closes the store does so between two writes as well, and waits there for this copy to end.
    const moment = await Promise.race([noting, abortOf(options.signal)]);
    return { bytes: await copyDatabase(database, this.#path, to, moment, options), noted: moment.noted };
  }

  /** Before the engine lets go of the file: gives up the copy under way. @param reason what its caller is told */
  async end(reason: Error): Promise<void> {
    this.#ended.abort(reason);
    await this.#copying;
  }

  /** After the engine has let go of the file. */
  async released(): Promise<void> {
    const database = this.#database;
    this.#database = undefined;
    this.#ended = new AbortController();
    await database?.close();
  }
}

/** Rejects with the signal's reason once it aborts, or has. */
function abortOf(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    const aborted = () => reject(signal!.reason as Error);
    if (signal?.aborted === true) aborted();
    signal?.addEventListener('abort', aborted, { once: true });
  });
}
