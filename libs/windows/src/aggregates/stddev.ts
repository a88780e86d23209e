import type { Aggregate, PartialAggregate } from './aggregate.ts';
import { addCompensated, compensatedResult, mergeCompensated } from './compensated-sum.ts';

const COUNT = 2;
const SQUARES = 3;

/**
 * The standard deviation of a sample (n − 1); of fewer than two readings there is none. The partial: sum, lost, count,
 * and the sum of squared deviations from the mean, which merges by the formula of Chan, Golub and LeVeque.
 */
export const stddev: Aggregate = {
  name: 'stddev',
  width: 4,
  init: () => [0, 0, 0, 0],
  add(partial, _time, value, from, to) {
    merge(partial, momentsOf(value.subarray(from, to)));
  },
  merge,
  result(partial) {
    const count = partial[COUNT]!;
    if (count < 2) return null;
    // Squares overflow from deviations of about 1e154 on.
    return Number.isFinite(partial[SQUARES]) ? Math.sqrt(partial[SQUARES]! / (count - 1)) : Infinity;
  },
};

/** Two passes: the mean, then the deviations from it, less what the mean's own rounding adds to them. */
function momentsOf(value: Float64Array): PartialAggregate {
  const { length } = value;
  const moments: PartialAggregate = [0, 0, length, 0];
  addCompensated(moments, value, 0, length);
  const mean = meanOf(moments);
  const deviations = Float64Array.from(value, (x) => x - mean);
  const rest = total(deviations);
  const squares = total(deviations.map((deviation) => deviation * deviation));
  moments[SQUARES] = Math.max(0, squares - (rest * rest) / length);
  return moments;
}

/** Squares never cancel, so that between slices a plain sum of them will do. */
function merge(partial: PartialAggregate, later: PartialAggregate): void {
  const [before, added] = [partial[COUNT]!, later[COUNT]!];
  if (added === 0) return;
  const apart = before === 0 ? 0 : meanOf(later) - meanOf(partial);
  partial[SQUARES]! += later[SQUARES]! + apart * apart * ((before * added) / (before + added));
  mergeCompensated(partial, later);
  partial[COUNT] = before + added;
}

function meanOf(moments: PartialAggregate): number {
  return compensatedResult(moments) / moments[COUNT]!;
}

function total(values: Float64Array): number {
  const sum: PartialAggregate = [0, 0];
  addCompensated(sum, values, 0, values.length);
  return compensatedResult(sum);
}
