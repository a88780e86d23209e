import { microsOf, type Buckets } from '@seawall/model';

/** The number of the bucket that holds a moment (microseconds), counted from the first of the range. */
export function bucketAt(buckets: Buckets | undefined, micros: number): number {
  if (buckets === undefined) return 0;
  if (buckets.kind === 'fixed') return Math.floor((micros - microsOf(buckets.origin)) / microsOf(buckets.stepMs));
  let [low, high] = [0, buckets.starts.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (microsOf(buckets.starts[middle]!) <= micros) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
