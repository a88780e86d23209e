import type { Aggregate } from './aggregate.ts';
import { addCompensated, compensatedResult, mergeCompensated } from './compensated-sum.ts';

/** The compensated sum. */
export const sum: Aggregate = {
  name: 'sum',
  width: 2,
  init: () => [0, 0],
  add: (partial, _time, value, from, to) => addCompensated(partial, value, from, to),
  merge: mergeCompensated,
  result: compensatedResult,
};
