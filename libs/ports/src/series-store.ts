import type {
  Labels,
  LabelSpan,
  MetricDefinition,
  QueryChunk,
  QueryPlan,
  QuerySource,
  ReadingBatch,
  Series,
  Where,
} from '@seawall/model';
import type { Copyable, CopySummary } from './backup.ts';
import type { Cursor } from './journal.ts';
import type { Retention } from './retention.ts';

/** What a piece of the log changes in the store, in the log's order. */
export type StoreChange =
  | { readonly kind: 'readings'; readonly seq: number; readonly batch: ReadingBatch }
  | { readonly kind: 'labels'; readonly device: string; readonly spans: readonly LabelSpan[] }
  | { readonly kind: 'metrics'; readonly metrics: readonly MetricDefinition[] };

export interface SeriesSummary {
  readonly domain: string;
  readonly device: string;
  readonly metric: string;
  readonly unit: string | null;
  /** The device's labels now. */
  readonly labels: Labels;
  /** Of the reading with the greatest event time. */
  readonly latest: { readonly time: number; readonly value: number } | null;
}

export interface SeriesFilter {
  readonly metrics?: readonly string[];
  readonly where?: Where;
  /** Only these devices, those of an area; absent: wherever they are. */
  readonly devices?: ReadonlySet<string>;
}

export interface PageRequest {
  readonly limit: number;
  /** As a former page's `next` gave it. */
  readonly after?: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

export interface MaintenanceOptions {
  /** The time by which readings are old, epoch ms: of the hub's clock, or of the log's stamps. */
  readonly now: number;
  readonly retention: Retention;
  /** Only lets go what has expired, which gives room back: for a disk that has little left. */
  readonly expireOnly?: boolean;
}

/** What a store holds of one tier. */
export interface TierStatus {
  /** Readings, or rows of the rollup. */
  readonly rows: number;
  /** Epoch ms: the least event time, or begin of a rollup's row; null while there is none. Before it there is nothing. */
  readonly oldest: number | null;
  /** Epoch ms: the greatest event time, or begin of a rollup's row; null while there is none. */
  readonly newest: number | null;
}

export interface SeriesStoreStatus {
  readonly readings: number;
  /** Series that have readings. */
  readonly series: number;
  readonly bytes: number;
  /** Readings of each domain that has some; absent where they are not counted so. */
  readonly domains?: Readonly<Record<string, number>>;
  /**
   * Since the store was opened: points (what a device says at one moment) that the engine has dropped as they came, since they
   * are older than anything it keeps; absent where it drops none so.
   */
  readonly expiredAtOnce?: number;
  /** Of the readings, those that background work has yet to order; absent where there is no such work. */
  readonly unsealed?: number;
  /** Rollups are missing where a store makes none. */
  readonly tiers: { readonly raw: TierStatus } & Readonly<Partial<Record<QuerySource, TierStatus>>>;
}

/** The query ran longer than the store allows, and was stopped. */
export class QueryTimeoutError extends Error {
  override readonly name = 'QueryTimeoutError';
}

/** The store can't answer now; the log keeps what it missed. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
  /** How long the engine asks to be left alone; undefined where it says nothing. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, { retryAfterMs, ...options }: ErrorOptions & { readonly retryAfterMs?: number } = {}) {
    super(message, options);
    this.retryAfterMs = retryAfterMs;
  }
}

/** What the store holds was written from another log, whose places are none in this one; it is left as it is. */
export class ForeignStoreError extends StoreUnavailableError {}

/** A reading that the store's engine takes under no circumstances, for what it is. */
export interface RefusedReading {
  /** Of the entry that it came with. */
  readonly seq: number;
  readonly series: Series;
  /** Epoch ms. */
  readonly eventTime: number;
  readonly value: number;
  /** A sentence: what the engine says against it, and what to do. */
  readonly detail: string;
}

export type OnRefused = (refused: readonly RefusedReading[]) => Promise<void>;

/** A copy of a store: the readings that it must hold, as counted in memory at its moment. */
export interface SeriesCopySummary extends CopySummary {
  readonly readings: number;
  /** Series that have readings, in no order, each with how many. */
  readonly series: readonly SeriesCount[];
}

export interface SeriesCount extends Series {
  readonly readings: number;
}

/** Readings, kept for time-series queries. One writer; queries run beside it. */
export interface SeriesStore extends Copyable<SeriesCopySummary> {
  /**
   * Where writing stopped: every change before it is stored, none after, but for those of a write that failed.
   * @throws StoreUnavailableError where the store must be asked for it, and does not answer
   */
  cursor(): Promise<Cursor>;

  /**
   * Stores the changes, and the cursor with them or after them: what a crash or a failure left half written is written
   * again from the cursor, to the same end. For one series and event time the last one written wins. Labels are replaced
   * by the device's new history, which holds for readings already stored as well.
   * @param onRefused told, once a write, of the readings that the engine refuses for what they are, before the cursor
   *   moves past them; without it such a reading fails the write
   * @throws StoreUnavailableError
   */
  write(changes: readonly StoreChange[], cursor: Cursor, onRefused?: OnRefused): Promise<void>;

  /**
   * Answers a plan over what had been written when it was called; chunks come ordered by series, then time.
   * Aborting the signal stops the work and throws the signal's reason; an answer never just ends early.
   * A percentile is the nearest rank: the value at ⌊np + 0.5⌋ clamped to 1…n.
   * @throws QueryTimeoutError, StoreUnavailableError
   */
  query(plan: QueryPlan, signal?: AbortSignal): AsyncIterable<QueryChunk>;

  /** Series that have readings, with their latest, ordered by domain, device, metric. */
  series(filter: SeriesFilter, page: PageRequest): Promise<Page<SeriesSummary>>;

  /**
   * Does one bounded piece of background work, of a second or so: orders what is stored, makes rollups, lets go what has
   * expired (`expiresBefore`). No answer of a query changes by it, but that what has expired is gone from then on.
   * A write never waits for it nor fails because of it: where both want the same rows, this gives way and tries again.
   * Calls follow each other. A crash in the middle leaves the piece undone or done. Aborting the signal leaves it undone
   * and throws the signal's reason.
   * @returns whether there is more to do now
   * @throws StoreUnavailableError
   */
  maintain(options: MaintenanceOptions, signal?: AbortSignal): Promise<boolean>;

  /** What is held, in readings, series and rows of each tier, and bytes on disk. */
  status(): Promise<SeriesStoreStatus>;

  close(): Promise<void>;
}
