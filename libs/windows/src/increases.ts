import type { Columns } from './columns.ts';

/** The value of each member's last reading in event time, by its number; NaN before its first. */
export type LastValues = number[];

/** Rows of columns, or what was made of them. */
export interface Rows {
  readonly time: Float64Array;
  readonly value: Float64Array;
  readonly length: number;
}

/**
 * The increases that settled readings end: of each but the first of its series, at its time. `last` is what came
 * before, and is brought up to date. To be asked of segments in the order of time.
 */
export function increasesOf(columns: Columns, last: LastValues): Rows {
  const { time, value, member, length } = columns;
  const rows = { time: new Float64Array(length), value: new Float64Array(length), length: 0 };
  for (let i = 0; i < length; i++) {
    const of = member[i] ?? 0;
    while (last.length <= of) last.push(NaN);
    const before = last[of]!;
    last[of] = value[i]!;
    if (Number.isNaN(before)) continue;
    rows.time[rows.length] = time[i]!;
    rows.value[rows.length++] = increase(before, value[i]!);
  }
  return rows;
}

/** A counter that reads less than before has begun again from 0; how far it had come by then, nobody knows. */
function increase(before: number, value: number): number {
  return value >= before ? value - before : Math.max(0, value);
}
