import type { Aggregate } from './aggregate.ts';

/** The greatest value. */
export const max: Aggregate = {
  name: 'max',
  width: 1,
  init: () => [-Infinity],
  add(partial, _time, value, from, to) {
    let found = partial[0]!;
    for (let i = from; i < to; i++) {
      if (value[i]! > found) found = value[i]!;
    }
    partial[0] = found;
  },
  merge(partial, later) {
    if (later[0]! > partial[0]!) partial[0] = later[0]!;
  },
  result: (partial) => partial[0]!,
};
