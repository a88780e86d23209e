import type { QueryAggregate } from '@seawall/model';
import { SQUARE_SCALE, SUM_SCALE } from './moments-sql.ts';

/** The aggregates that `aggregateStretch` knows: all that need nothing but the readings of the bucket themselves. */
export type StretchAggregate = Exclude<QueryAggregate, 'rate'>;

/** Places `begin` to `end` (exclusive, and one at least) of columns that are in the order of time. */
export interface Stretch {
  readonly value: Float64Array;
  readonly time: Float64Array;
  readonly begin: number;
  readonly end: number;
}

/** One aggregate of the readings of one group and bucket, the same as `querySql` has it of the engine. */
export function aggregateStretch(name: StretchAggregate, of: Stretch): number {
  const { value, begin, end } = of;
  switch (name) {
    case 'count':
      return end - begin;
    case 'sum':
      return finite(rescued((scale) => sumOf(of, scale)));
    case 'mean':
      return finite(meanOf(of));
    case 'min':
      return extreme(of, Math.min);
    case 'max':
      return extreme(of, Math.max);
    case 'first':
      return greatestAt(of, of.time[begin]!);
    case 'last':
      return greatestAt(of, of.time[end - 1]!);
    case 'stddev':
      return finite(stddevOf(of));
    default:
      return rankedOf(value.slice(begin, end), Number(name.slice(1)));
  }
}

/** Neumaier's: what each addition loses is added up beside. */
function sumOf({ value, begin, end }: Stretch, scale: number): number {
  let [sum, lost] = [0, 0];
  for (let i = begin; i < end; i++) {
    const x = value[i]! / scale;
    const next = sum + x;
    lost += Math.abs(sum) >= Math.abs(x) ? sum - next + x : x - next + sum;
    sum = next;
  }
  return sum + lost;
}

/** What overflows, also on its way, is done with values made smaller by a power of two. */
function rescued(of: (scale: number) => number, scale = SUM_SCALE): number {
  const plain = of(1);
  return Number.isFinite(plain) ? plain : of(scale) * scale;
}

function meanOf(of: Stretch): number {
  return rescued((scale) => sumOf(of, scale) / (of.end - of.begin));
}

function stddevOf(of: Stretch): number {
  const n = of.end - of.begin;
  if (n < 2) return NaN;
  const mean = meanOf(of);
  return rescued((scale) => {
    const squares = of.value.slice(of.begin, of.end).map((value) => (value / scale - mean / scale) ** 2);
    return Math.sqrt(sumOf({ ...of, value: squares, begin: 0, end: n }, 1) / (n - 1));
  }, SQUARE_SCALE);
}

function extreme({ value, begin, end }: Stretch, of: (a: number, b: number) => number): number {
  let found = value[begin]!;
  for (let i = begin + 1; i < end; i++) found = of(found, value[i]!);
  return found;
}

/** Of several readings with one time the greatest counts. */
function greatestAt({ value, time, begin, end }: Stretch, at: number): number {
  let greatest = -Infinity;
  for (let i = begin; i < end; i++) if (time[i] === at) greatest = Math.max(greatest, value[i]!);
  return greatest;
}

/** The value at rank ⌊np + 0.5⌋, at least 1. */
function rankedOf(value: Float64Array, percent: number): number {
  const rank = Math.max(1, Math.floor((2 * value.length * percent + 100) / 200));
  return value.sort()[rank - 1]!;
}

/** What is no number is NaN. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : NaN;
}
