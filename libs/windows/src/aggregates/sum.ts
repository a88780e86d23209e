import type { Aggregate } from './aggregate.ts';
import { addCompensated, compensatedResult, mergeCompensated } from './compensated-sum.ts';

/** The compensated sum. */
export const sum: Aggregate = {
  name: 'sum',
  width: 2,
  init: () => [0, 0],
  add: (partial, _time, value, length) => addCompensated(partial, value, length),
  merge: mergeCompensated,
  result: compensatedResult,
};
