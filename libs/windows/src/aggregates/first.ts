import type { Aggregate } from './aggregate.ts';

/** The value at the earliest event time; of several at that time the greatest. The partial: time, value. */
export const first: Aggregate = {
  name: 'first',
  width: 2,
  init: () => [Infinity, -Infinity],
  add(partial, time, value, from, to) {
    for (let i = from; i < to && time[i]! <= partial[0]!; i++) {
      if (time[i]! < partial[0]! || value[i]! > partial[1]!) partial[1] = value[i]!;
      partial[0] = time[i]!;
    }
  },
  merge(partial, later) {
    if (partial[0] === Infinity) partial.splice(0, 2, later[0]!, later[1]!);
  },
  result: (partial) => partial[1]!,
};
