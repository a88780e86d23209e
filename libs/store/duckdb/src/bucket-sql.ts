import type { Buckets } from '@seawall/model';
import { microsOf } from './micros.ts';

/** Bucket starts at equal distances: number `index` at `start`, the next every `step`; times in microseconds. */
interface Run {
  readonly index: number;
  readonly start: number;
  step: number;
}

/** SQL for the number of the bucket that holds a time (SQL, microseconds), counted from the first of the range. */
export function bucketExpression(buckets: Buckets | undefined, time: string): string {
  if (buckets === undefined) return '0';
  if (buckets.kind === 'fixed')
    return runExpression({ index: 0, start: microsOf(buckets.origin), step: microsOf(buckets.stepMs) }, time);
  const runs = runsOf([...buckets.starts.map(microsOf), microsOf(buckets.end)]);
  return searchExpression(runs, 0, runs.length, time);
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
