import { microsOf, type QueryPlan } from '@seawall/model';

/** Consecutive buckets of one length, cut to the plan's range; whole microseconds. */
export interface BucketRun {
  readonly from: number;
  readonly to: number;
  /** Absent: one bucket, of the whole range. */
  readonly grid?: { readonly origin: number; readonly length: number };
}

/** InfluxDB knows buckets of one length only: so one run for plain steps, several for those of a calendar. */
export function bucketRuns({ buckets, from, to }: QueryPlan): readonly BucketRun[] {
  const range = { from: microsOf(from), to: microsOf(to) };
  if (buckets === undefined) return [range];
  if (buckets.kind === 'fixed')
    return [{ ...range, grid: { origin: microsOf(buckets.origin), length: microsOf(buckets.stepMs) } }];
  const edges = [...buckets.starts, buckets.end].map(microsOf);
  const runs: BucketRun[] = [];
  for (let first = 0, last = 0; first < edges.length - 1; first = last) {
    const length = edges[first + 1]! - edges[first]!;
    last = first + 1;
    while (last < edges.length - 1 && edges[last + 1]! - edges[last]! === length) last++;
    const cut = { from: Math.max(range.from, edges[first]!), to: Math.min(range.to, edges[last]!) };
    if (cut.from < cut.to) runs.push({ ...cut, grid: { origin: edges[first]!, length } });
  }
  return runs;
}

/** How many buckets there may be in all. */
export function bucketCount(runs: readonly BucketRun[]): number {
  return runs.reduce(
    (sum, { from, to, grid }) => sum + (grid === undefined ? 1 : Math.ceil((to - from) / grid.length) + 1),
    0,
  );
}

/** The begin of the bucket that holds a moment of the run, in microseconds. */
export function bucketBegin({ from, grid }: BucketRun, micros: number): number {
  if (grid === undefined) return from;
  return grid.origin + Math.floor((micros - grid.origin) / grid.length) * grid.length;
}
