import type { Buckets } from '@seawall/model';
import { bucketEnd } from '@seawall/model';
import { bucketStart } from './bucket-index.ts';
import type { Stretch } from './stretches.ts';

/** The stored times `[from, to)` that a bucket is compared with; empty where nothing is its counterpart. Epoch ms. */
export interface Cell {
  readonly from: number;
  readonly to: number;
}

/** For each bucket the span of what the stretches show within it. */
export function movedCells(stretches: readonly Stretch[], buckets: Buckets, count: number): Cell[] {
  const cells: Cell[] = [];
  let first = 0;
  let at = stretches[0]?.stored ?? 0;
  for (let i = 0; i < count; i++) {
    const start = bucketStart(buckets, i);
    const end =
      buckets.kind === 'fixed' ? start + buckets.stepMs : (buckets.starts[i + 1] ?? bucketEnd(buckets, start));
    while (first < stretches.length && stretches[first]!.shown + stretches[first]!.lengthMs <= start) first++;
    let [from, to] = [at, at];
    for (let k = first; k < stretches.length && stretches[k]!.shown < end; k++) {
      const { shown, stored, lengthMs } = stretches[k]!;
      if (from === to) from = stored + Math.max(0, start - shown);
      to = stored + Math.min(lengthMs, end - shown);
    }
    cells.push({ from, to });
    at = to;
  }
  return cells;
}
