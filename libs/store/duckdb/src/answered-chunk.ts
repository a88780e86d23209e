import type { QueryChunk, QueryPlan } from '@seawall/model';
import type { Selection } from '@seawall/query';

/** What every chunk of an answered series says of it. */
export function headOf(selection: Selection, group: number): Omit<QueryChunk, 'time' | 'values'> {
  const { domain, metric, unit, labels } = selection.groups[group]!;
  const { labelNames } = selection;
  return { domain, metric, unit, labels, ...(labelNames && { labelNames }) };
}

/** The starts of buckets with these numbers, epoch ms. */
export function bucketStarts({ buckets, from }: QueryPlan, numbers: Uint32Array): Float64Array {
  if (buckets === undefined) return new Float64Array(numbers.length).fill(from);
  if (buckets.kind === 'listed') return Float64Array.from(numbers, (index) => buckets.starts[index]!);
  return Float64Array.from(numbers, (index) => buckets.origin + index * buckets.stepMs);
}
