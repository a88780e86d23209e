import type { DuckDBConnection } from '@duckdb/node-api';
import type { ReadingColumns } from './prepared-write.ts';

/** How often the engine is told again: it forgets an interrupt that comes between two statements. */
const INTERRUPT_AGAIN_MS = 5;

/** Runs work between two writes: the next write waits for it, so it must be short. */
export type BetweenWrites = <T>(work: () => Promise<T>) => Promise<T>;

/** A transaction beside the writes. */
export interface BackgroundWork<T> {
  /** Whether it may remove the stored reading of this series and time (microseconds) from `raw` or `sealed`. */
  claims(series: number, micros: number): boolean;
  /** The statements, between BEGIN and COMMIT, on the background's connection. */
  run(): Promise<T>;
  /** Takes over into memory what has just been committed, before anything else is written. */
  committed?(result: T): void;
}

interface Running {
  readonly claims: BackgroundWork<unknown>['claims'];
  /** Once its statements are done it waits for a gap between two writes. */
  waiting: boolean;
  gaveWay: boolean;
  readonly interrupt: () => void;
  readonly rolledBack: Promise<void>;
}

/**
 * Transactions on a connection of its own, one at a time, that go on beside the writes: they begin and commit between two
 * writes, and are rolled back when a write wants to remove a reading that they may remove.
 */
export class Background {
  readonly connection: DuckDBConnection;
  readonly #betweenWrites: BetweenWrites;
  readonly #abandoned = new AbortController();
  #running: Running | undefined;

  constructor(connection: DuckDBConnection, betweenWrites: BetweenWrites) {
    this.connection = connection;
    this.#betweenWrites = betweenWrites;
  }

  /**
   * @returns whether it was committed; false when it gave way to a write
   * @throws the signal's reason, when it aborts before the commit; the engine's errors. Nothing is left of it then.
   */
  async transact<T>(work: BackgroundWork<T>, signal: AbortSignal): Promise<boolean> {
    let again: NodeJS.Timeout | undefined;
    let rolledBack!: () => void;
    const running: Running = {
      claims: (series, micros) => work.claims(series, micros),
      waiting: false,
      gaveWay: false,
      interrupt: () => {
        this.connection.interrupt();
        again ??= setInterval(() => this.connection.interrupt(), INTERRUPT_AGAIN_MS);
      },
      rolledBack: new Promise((resolve) => (rolledBack = resolve)),
    };
    signal.addEventListener('abort', running.interrupt, { once: true });
    try {
      await this.#begin(running, signal);
      const result = await work.run();
      return !running.gaveWay && (await this.#commit(running, () => work.committed?.(result), signal));
    } catch (error) {
      signal.throwIfAborted();
      if (running.gaveWay) return false;
      throw error;
    } finally {
      clearInterval(again);
      signal.removeEventListener('abort', running.interrupt);
      await this.#rollBack(running);
      rolledBack();
    }
  }

  #begin(running: Running, signal: AbortSignal): Promise<void> {
    return this.betweenWrites(async () => {
      signal.throwIfAborted();
      // For the engine a transaction begins with the first table it looks at.
      await this.connection.run('BEGIN; FROM state');
      this.#running = running;
    });
  }

  async #commit(running: Running, committed: () => void, signal: AbortSignal): Promise<boolean> {
    running.waiting = true;
    return this.betweenWrites(async () => {
      signal.throwIfAborted();
      if (this.#running !== running) return false;
      await this.connection.run('COMMIT');
      this.#running = undefined;
      committed();
      return true;
    });
  }

  /** Unless it is committed, or rolled back already. */
  async #rollBack(running: Running): Promise<void> {
    if (this.#running !== running) return;
    this.#running = undefined;
    try {
      await this.connection.run('ROLLBACK');
    } catch {
      // A statement or a commit that failed has rolled back already, and its error is on its way to the caller.
    }
  }

  /** Aborted once there is no database for it any more. */
  get abandoned(): AbortSignal {
    return this.#abandoned.signal;
  }

  /** @throws the reason of `abandoned`, where that comes before it is its turn: whoever abandons holds up the writes */
  async betweenWrites<T>(work: () => Promise<T>): Promise<T> {
    const { abandoned } = this;
    abandoned.throwIfAborted();
    const turn = this.#betweenWrites(async () => {
      abandoned.throwIfAborted();
      return work();
    });
    let give!: () => void;
    const left = new Promise<never>((_, reject) => (give = () => reject(abandoned.reason as Error)));
    abandoned.addEventListener('abort', give, { once: true });
    try {
      return await Promise.race([turn, left]);
    } finally {
      abandoned.removeEventListener('abort', give);
      turn.catch(() => undefined); // Nobody waits for it any more.
    }
  }

  /**
   * Rolls back what is under way, and lets the connection go. To be called between two writes.
   * @param idle resolves once nobody uses the connection any more: to let go of it before ends the process
   */
  async abandon(idle: Promise<unknown>): Promise<void> {
    this.#abandoned.abort();
    const again = setInterval(() => this.connection.interrupt(), INTERRUPT_AGAIN_MS);
    try {
      if (this.#running !== undefined) await this.#stop(this.#running);
      await idle;
    } finally {
      clearInterval(again);
    }
    this.connection.disconnectSync();
  }

  /** For a write that is about to remove these readings: whoever is at them has let go when this resolves. */
  async giveWay({ series, micros }: ReadingColumns): Promise<void> {
    const running = this.#running;
    if (running === undefined || !series.some((id, i) => running.claims(id, micros[i]!))) return;
    return this.#stop(running);
  }

  #stop(running: Running): Promise<void> {
    running.gaveWay = true;
    if (running.waiting) return this.#rollBack(running);
    running.interrupt();
    return running.rolledBack;
  }
}
