import { type Buckets, microsOf } from '@seawall/model';

/** Bucket starts at equal distances: number `index` at `start`, the next every `step`; times in units. */
interface Run {
  readonly index: number;
  readonly start: number;
  step: number;
}

/**
 * SQL for the number of the bucket that holds a time, counted from the first of the range.
 * @param time SQL
 * @param unit what it counts, in microseconds; edges of buckets must be whole ones
 */
export function bucketExpression(buckets: Buckets | undefined, time: string, unit = 1): string {
  if (buckets === undefined) return '0';
  if (buckets.kind === 'fixed') {
    return runExpression(
      { index: 0, start: microsOf(buckets.origin) / unit, step: microsOf(buckets.stepMs) / unit },
      time,
    );
  }
  const runs = runsOf([...buckets.starts, buckets.end].map((edge) => microsOf(edge) / unit));
  return searchExpression(runs, 0, runs.length, time);
}

/** Whether every edge of a bucket is a whole unit (microseconds). */
export function edgesAreWhole(buckets: Buckets | undefined, unit: number): boolean {
  if (buckets === undefined) return true;
  const edges = buckets.kind === 'fixed' ? [buckets.origin, buckets.stepMs] : [...buckets.starts, buckets.end];
  return edges.every((edge) => microsOf(edge) % unit === 0);
}

/** @param edges the starts, and the end of the last bucket */
function runsOf(edges: readonly number[]): Run[] {
  const runs: Run[] = [];
  for (let index = 0; index + 1 < edges.length; index++) {
    const start = edges[index]!;
    const step = edges[index + 1]! - start;
    if (runs.at(-1)?.step !== step) runs.push({ index, start, step });
  }
  return runs;
}

/** A balanced tree of comparisons: its depth is the logarithm of the number of runs. */
function searchExpression(runs: readonly Run[], begin: number, end: number, time: string): string {
  if (end - begin === 1) return runExpression(runs[begin]!, time);
  const middle = (begin + end) >>> 1;
  const [before, after] = [searchExpression(runs, begin, middle, time), searchExpression(runs, middle, end, time)];
  return `CASE WHEN ${time} < ${runs[middle]!.start} THEN ${before} ELSE ${after} END`;
}

function runExpression({ index, start, step }: Run, time: string): string {
  return `${index} + (${time} - ${start}) // ${step}`;
}
