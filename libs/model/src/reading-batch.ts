import type { Labels, Series } from './series.ts';

/** Bits of `ReadingBatch.flags`: what was noticed about a reading that is stored all the same. */
export const ReadingFlag = {
  none: 0,
  /** Outside the metric's declared min–max; it may be the flood of the century, so it is kept. */
  outOfRange: 1,
} as const;

/**
 * Readings as columns: what the gateway makes, the journal keeps, the pipelines carry and the store writes.
 * `series` and `labels` are parallel; a series stands twice only when its device's labels changed between two of
 * its readings. The four columns are parallel and in acceptance order: later ones win over earlier ones.
 * A batch is immutable once made.
 */
export interface ReadingBatch {
  /** The distinct series of the batch; consumers may compare these objects by identity first. */
  readonly series: readonly Series[];
  /** `labels[i]` belongs to the device of `series[i]`; the series of one device share one object. */
  readonly labels: readonly Labels[];
  /** For each reading, the index of its series in `series`. */
  readonly seriesIndex: Uint32Array;
  /** Epoch milliseconds, kept to the microsecond. */
  readonly eventTime: Float64Array;
  readonly value: Float64Array;
  readonly flags: Uint8Array;
}

export function batchLength(batch: ReadingBatch): number {
  return batch.seriesIndex.length;
}

/** How many of its readings lie outside their metric's min–max. */
export function outOfRangeCount({ flags }: ReadingBatch): number {
  let count = 0;
  for (let i = 0; i < flags.length; i++) count += flags[i]! & ReadingFlag.outOfRange;
  return count;
}
