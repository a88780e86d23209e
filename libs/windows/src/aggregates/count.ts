import type { Aggregate } from './aggregate.ts';

/** How many readings. */
export const count: Aggregate = {
  name: 'count',
  width: 1,
  init: () => [0],
  add(partial, _time, _value, from, to) {
    partial[0]! += to - from;
  },
  merge(partial, later) {
    partial[0]! += later[0]!;
  },
  result: (partial) => partial[0]!,
};
