import type { Buckets, QueryPlan } from '@seawall/model';

/** How many buckets touch the range. */
export function bucketCount(buckets: Buckets, to: number): number {
  return buckets.kind === 'listed' ? buckets.starts.length : Math.ceil((to - buckets.origin) / buckets.stepMs);
}

export function bucketStart(buckets: Buckets, index: number): number {
  return buckets.kind === 'listed' ? buckets.starts[index]! : buckets.origin + index * buckets.stepMs;
}

/** The bucket that holds a time within the range. */
export function bucketIndex(buckets: Buckets, time: number): number {
  if (buckets.kind === 'fixed') return Math.floor((time - buckets.origin) / buckets.stepMs);
  let low = 0;
  let high = buckets.starts.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (buckets.starts[middle]! <= time) low = middle;
    else high = middle;
  }
  return low;
}

/** The starts of the buckets that `from` or `to` cuts, so that they hold less than their time: none, one or two. */
export function partialBuckets({ buckets, from, to }: Pick<QueryPlan, 'buckets' | 'from' | 'to'>): number[] {
  if (buckets === undefined) return [];
  const count = bucketCount(buckets, to);
  const first = bucketStart(buckets, 0);
  const last = bucketStart(buckets, count - 1);
  const end = buckets.kind === 'listed' ? buckets.end : bucketStart(buckets, count);
  const cut: number[] = [];
  if (first < from) cut.push(first);
  if (end > to && last !== cut[0]) cut.push(last);
  return cut;
}
