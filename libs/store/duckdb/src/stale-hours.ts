import type { ReadingColumns } from './prepared-write.ts';
import { HOUR_MICROS } from './tiers.ts';

/** More hours than there will be, so that a series and an hour make one number. */
const HOURS = 2 ** 21;

export interface SeriesHours {
  readonly series: Uint32Array;
  /** Since the epoch. */
  readonly hour: Uint32Array;
}

/** The hours of series, before the hour `rollingTo`, that readings fall into, each once. */
export function staleHours({ series, micros }: ReadingColumns, rollingTo: number): SeriesHours {
  const before = rollingTo * HOUR_MICROS;
  const found = new Set<number>();
  for (let i = 0; i < micros.length; i++) {
    const time = micros[i]!;
    if (time < before && time >= 0) found.add(series[i]! * HOURS + Math.floor(time / HOUR_MICROS));
  }
  const keys = [...found];
  return {
    series: Uint32Array.from(keys, (key) => Math.floor(key / HOURS)),
    hour: Uint32Array.from(keys, (key) => key % HOURS),
  };
}
