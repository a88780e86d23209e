import { INCREASE_WITHIN_MS, microsOf } from '@seawall/model';
import { HOUR_MICROS, HOURS } from './tiers.ts';

export const INCREASE_WITHIN_MICROS = microsOf(INCREASE_WITHIN_MS);

/**
 * SQL of readings, each with the increase that it ends: null where none came before it in time.
 * @param seen SQL of the readings, and of those before them, with `series`, `time`, `value`, and what else they have
 */
export function increasesSql(seen: string): string {
  const increase =
    'CASE WHEN value >= lag(value) OVER run THEN value - lag(value) OVER run ELSE greatest(0, value) END';
  return `(SELECT *, CASE WHEN time - lag(time) OVER run <= ${INCREASE_WITHIN_MICROS} THEN ${increase} END AS increase
    FROM ${seen} WINDOW run AS (PARTITION BY series ORDER BY time))`;
}

/** SQL of the last reading of each hour that is rolled up, from `first` on and before `end` (hours since the epoch). */
export function lastReadingsSql(first: number, end: number): string {
  return `SELECT series, start::BIGINT * ${HOUR_MICROS} + last_at AS time, last AS value
    FROM ${HOURS.rollup} WHERE start >= ${Math.max(0, first)} AND start < ${end}`;
}

/** Of those, the ones whose readings have expired. */
export function expiredLastReadingsSql(first: number, end: number): string {
  return `SELECT series, time, value FROM (${lastReadingsSql(first, end)}) AS of
    JOIN series AS s ON s.id = of.series JOIN kept ON kept.domain = s.domain AND kept.tier = 'raw' AND of.time < kept.since`;
}
