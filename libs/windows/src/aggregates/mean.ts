import type { Aggregate } from './aggregate.ts';
import { addCompensated, compensatedResult, mergeCompensated } from './compensated-sum.ts';

/** The arithmetic mean over readings, each with the same weight. The partial: sum, lost, count. */
export const mean: Aggregate = {
  name: 'mean',
  width: 3,
  init: () => [0, 0, 0],
  add(partial, _time, value, from, to) {
    addCompensated(partial, value, from, to);
    partial[2]! += to - from;
  },
  merge(partial, later) {
    mergeCompensated(partial, later);
    partial[2]! += later[2]!;
  },
  result: (partial) => compensatedResult(partial) / partial[2]!,
};
