import type { Aggregate } from './aggregate.ts';

/** The value at the latest event time; of several at that time the greatest. The partial: time, value. */
export const last: Aggregate = {
  name: 'last',
  width: 2,
  init: () => [-Infinity, -Infinity],
  add(partial, time, value, from, to) {
    let greatest = value[to - 1]!;
    for (let i = to - 2; i >= from && time[i] === time[to - 1]; i--) greatest = Math.max(greatest, value[i]!);
    partial[0] = time[to - 1]!;
    partial[1] = greatest;
  },
  merge(partial, later) {
    if (later[0] !== -Infinity) partial.splice(0, 2, later[0]!, later[1]!);
  },
  result: (partial) => partial[1]!,
};
