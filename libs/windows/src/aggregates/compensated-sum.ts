import type { PartialAggregate } from './aggregate.ts';

/**
 * Neumaier's summation: `partial[0]` is the running sum, `partial[1]` what rounding has taken from it. The error stays
 * below one unit in the last place for any count met here, so sums of slices agree with sums of whole windows.
 */
export function addCompensated(partial: PartialAggregate, value: Float64Array, from: number, to: number): void {
  let sum = partial[0]!;
  let lost = partial[1]!;
  for (let i = from; i < to; i++) {
    const x = value[i]!;
    const next = sum + x;
    lost += Math.abs(sum) >= Math.abs(x) ? sum - next + x : x - next + sum;
    sum = next;
  }
  partial[0] = sum;
  partial[1] = lost;
}

export function mergeCompensated(partial: PartialAggregate, later: PartialAggregate): void {
  const sum = partial[0]!;
  const x = later[0]!;
  const next = sum + x;
  partial[1] = partial[1]! + later[1]! + (Math.abs(sum) >= Math.abs(x) ? sum - next + x : x - next + sum);
  partial[0] = next;
}

/** Once the sum has overflowed, what was lost is no number any more. */
export function compensatedResult(partial: PartialAggregate): number {
  return Number.isFinite(partial[0]) ? partial[0]! + partial[1]! : partial[0]!;
}
