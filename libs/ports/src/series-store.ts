import type { Labels, LabelSpan, MetricDefinition, QueryChunk, QueryPlan, ReadingBatch, Where } from '@seawall/model';
import type { Cursor } from './journal.ts';

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

/** The query ran longer than the store allows, and was stopped. */
export class QueryTimeoutError extends Error {
  override readonly name = 'QueryTimeoutError';
}

/** The store can't answer now; the log keeps what it missed. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}

/** Readings, kept for time-series queries. One writer; queries run beside it. */
export interface SeriesStore {
  /** Where writing stopped: every change before it is stored, none after. */
  cursor(): Cursor;

  /**
   * Stores the changes and the cursor in one transaction: after a crash either both are there or neither.
   * For one series and event time the last one written wins. Labels are replaced by the device's new history, which
   * holds for readings already stored as well.
   * @throws StoreUnavailableError
   */
  write(changes: readonly StoreChange[], cursor: Cursor): Promise<void>;

  /**
   * Answers a plan over what had been written when it was called; chunks come ordered by series, then time.
   * Aborting the signal stops the work and throws the signal's reason; an answer never just ends early.
   * A percentile is the nearest rank: the value at ⌊np + 0.5⌋ clamped to 1…n.
   * @throws QueryTimeoutError, StoreUnavailableError
   */
  query(plan: QueryPlan, signal?: AbortSignal): AsyncIterable<QueryChunk>;

  /** Known series with their latest reading, ordered by domain, device, metric. */
  series(filter: SeriesFilter, page: PageRequest): Promise<Page<SeriesSummary>>;

  /** Readings and series held, and bytes on disk. */
  status(): Promise<{ readonly readings: number; readonly series: number; readonly bytes: number }>;

  close(): Promise<void>;
}
