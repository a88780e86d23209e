import type { Aggregate } from './aggregate.ts';
import { addCompensated, compensatedResult, mergeCompensated } from './compensated-sum.ts';

/**
 * The increases of all series, summed, per second of the window; none while no series has had a reading before its
 * first. The partial: sum, lost, how many increases.
 */
export const rate: Aggregate = {
  name: 'rate',
  width: 3,
  ofIncreases: true,
  init: () => [0, 0, 0],
  add(partial, _time, increase, from, to) {
    addCompensated(partial, increase, from, to);
    partial[2]! += to - from;
  },
  merge(partial, later) {
    mergeCompensated(partial, later);
    partial[2]! += later[2]!;
  },
  result: (partial, windowMs) => (partial[2] === 0 ? null : compensatedResult(partial) / (windowMs / 1000)),
};
