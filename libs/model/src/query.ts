import type { Labels } from './series.ts';

/** The aggregates of the query document; percentiles are `p1` … `p99`. */
export const QUERY_AGGREGATES = ['count', 'sum', 'mean', 'min', 'max', 'first', 'last', 'stddev', 'rate'] as const;
export type QueryAggregate = (typeof QUERY_AGGREGATES)[number] | `p${number}`;

/** What an answer was computed from: readings, or a rollup of them by the minute or the hour. */
export const QUERY_SOURCES = ['raw', '1m', '1h'] as const;
export type QuerySource = (typeof QUERY_SOURCES)[number];

export type Fill = 'none' | 'null' | 'previous' | 'linear' | number;

/** Label (or `domain`, `device`) → patterns: keys are AND, values OR, `*` globs, a leading `!` excludes. */
export type Where = Readonly<Record<string, readonly string[]>>;

/** Buckets `[start, end)` labelled by their start, all within the plan's range but for the first and last, which it may cut. */
export type Buckets =
  /** bucket of t: origin + floor((t − origin) / stepMs) × stepMs */
  | { readonly kind: 'fixed'; readonly origin: number; readonly stepMs: number }
  /** Calendar buckets, or days with a change of summer time: the starts in order, then the end of the last. Epoch ms. */
  | { readonly kind: 'listed'; readonly starts: readonly number[]; readonly end: number };

/** A validated query with every relative thing resolved; what a `SeriesStore` is asked. */
export interface QueryPlan {
  readonly metrics: readonly string[];
  readonly where: Where;
  /** Only these devices, those of an area; absent: wherever they are. */
  readonly devices?: ReadonlySet<string>;
  /** Epoch ms, inclusive. */
  readonly from: number;
  /** Epoch ms, exclusive. */
  readonly to: number;
  /** Absent: raw readings when `aggregate` is empty, else one bucket over the whole range. */
  readonly buckets?: Buckets;
  readonly aggregate: readonly QueryAggregate[];
  /** Raw readings only: with a column `flags` beside `value`, the `ReadingFlag`s of each reading. */
  readonly flags?: boolean;
  readonly groupBy: readonly string[];
  readonly fill: Fill;
  /** Points over all series; the store stops one point later, so that a cut answer can be told. */
  readonly limit: number;
  /** As asked and for the answer: "5m"; null for raw or whole-range. */
  readonly step: string | null;
  readonly timeZone: string;
  /** Where the answer of the former page stopped. */
  readonly after?: QueryPosition;
}

/** Points are answered in the order of series, then time; a position names the last one given. */
export interface QueryPosition {
  readonly series: string;
  readonly time: number;
}

/**
 * A run of consecutive points of one answered series, in columns. Chunks come ordered by series, then time; a long
 * series may span several chunks.
 */
export interface QueryChunk {
  readonly domain: string;
  readonly metric: string;
  readonly unit: string | null;
  /** The group's labels; for raw readings `device` and the device's labels as the range's last span that matches has them. */
  readonly labels: Labels;
  /** For raw readings: the names of all labels that the answer's series may carry, sorted; the same in every chunk and page. */
  readonly labelNames?: readonly string[];
  /** Epoch ms: bucket starts, or event times of raw readings. */
  readonly time: Float64Array;
  /** By aggregate, or `value` (and `flags`) for raw readings; NaN stands for null (a filled gap). */
  readonly values: Readonly<Record<string, Float64Array>>;
  /** The coarsest of what it was computed from; `raw` unless given. */
  readonly source?: QuerySource;
  /** Given where percentiles come from a sketch, since the readings are gone: they are off by this part of them at most. */
  readonly percentileError?: number;
  /**
   * Given where the range reaches behind what is kept: what lay before this moment (epoch ms), if anything did, has expired.
   * A chunk without points may come for its sake, at the end.
   */
  readonly expiredBefore?: number;
  /** Starts of buckets that are answered without readings which have expired. */
  readonly partial?: ReadonlySet<number>;
}

/** Readings further apart than this end no increase of each other, in queries, windows and rollups alike. */
export const INCREASE_WITHIN_MS = 86_400_000;

/** The end of the bucket with this start, which is also the start of the next. Epoch ms. */
export function bucketEnd(buckets: Buckets, start: number): number {
  if (buckets.kind === 'fixed') return start + buckets.stepMs;
  const { starts, end } = buckets;
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (starts[middle]! <= start) low = middle + 1;
    else high = middle;
  }
  return starts[low] ?? end;
}

/**
 * What the sum of a bucket's increases is divided by for its `rate`: the seconds of the bucket with this start, of which
 * only the part within the range counts; without a step those of the range.
 */
export function bucketSeconds(
  { buckets, from, to }: Pick<QueryPlan, 'buckets' | 'from' | 'to'>,
  start: number,
): number {
  if (buckets === undefined) return (to - from) / 1000;
  return (Math.min(to, bucketEnd(buckets, start)) - Math.max(from, start)) / 1000;
}

/**
 * Where a series stands in the order of an answer, and `QueryPosition.series`: by domain, metric, then the values of
 * `groupBy`, or the device for raw readings; a missing label comes before every value. Compare by code units (`<`).
 */
export function answerSeriesKey(
  plan: Pick<QueryPlan, 'aggregate' | 'groupBy'>,
  series: Pick<QueryChunk, 'domain' | 'metric' | 'labels'>,
): string {
  const names = plan.aggregate.length === 0 ? ['device'] : plan.groupBy.filter((name) => name !== 'domain');
  const values = names.map((name) => (Object.hasOwn(series.labels, name) ? `=${series.labels[name]}` : ''));
  return [series.domain, series.metric, ...values].join('\u0000');
}
