import type { Aggregate } from './aggregate.ts';
import { addToSketch, emptySketch, mergeSketches, percentileOf } from './sketch.ts';

/** The value of nearest rank, within the sketch's error. */
export function percentile(percent: number): Aggregate {
  return {
    name: `p${percent}`,
    width: null,
    init: emptySketch,
    add: (partial, _time, value, from, to) => addToSketch(partial, value, from, to),
    merge: mergeSketches,
    result: (partial) => percentileOf(partial, percent),
  };
}
