export interface DuckDbStoreOptions {
  /** The database file; its folder is made if need be. Exactly one process may have it open. */
  readonly path: string;
  /** What the engine may hold in memory; 512 unless given. */
  readonly memoryLimitMb?: number;
  /** Threads of the engine, shared by all queries; 2 unless given. */
  readonly threads?: number;
  /** How long a query may take, waiting included; 30,000 unless given. */
  readonly queryTimeoutMs?: number;
  /** Queries that run at once; 2 unless given. Each holds one thread of libuv's pool (4 unless UV_THREADPOOL_SIZE says so). */
  readonly maxConcurrentQueries?: number;
  /** Queries that may wait for a place; 64 unless given. Further ones are refused. */
  readonly maxWaitingQueries?: number;
  /**
   * A query that needs up to so many readings of a few series fetches them and aggregates here, in JavaScript; 10,000
   * unless given. 0 leaves all of it to the engine.
   */
  readonly fewReadings?: number;
  /** Readings that are put in order at once; half as many, those that came last, stay as they came. 1,000,000 unless given. */
  readonly runRows?: number;
  /** From this length on the write-ahead log is moved into the file; 16 MiB unless given, as long as the engine's own threshold. */
  readonly checkpointBytes?: number;
}

export type DuckDbStoreSettings = Required<DuckDbStoreOptions>;

export function settingsOf(options: DuckDbStoreOptions): DuckDbStoreSettings {
  return {
    path: options.path,
    memoryLimitMb: options.memoryLimitMb ?? 512,
    threads: options.threads ?? 2,
    queryTimeoutMs: options.queryTimeoutMs ?? 30_000,
    maxConcurrentQueries: options.maxConcurrentQueries ?? 2,
    maxWaitingQueries: options.maxWaitingQueries ?? 64,
    fewReadings: options.fewReadings ?? 10_000,
    runRows: options.runRows ?? 1_000_000,
    checkpointBytes: options.checkpointBytes ?? 16 * 1024 * 1024,
  };
}
