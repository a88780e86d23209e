import { DAY_MICROS, MINUTE_MICROS } from './tiers.ts';

/** The bounds of a scan, in whole microseconds of the epoch. */
export interface TimeRange {
  /** Inclusive. */
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

/**
 * SQL of all readings stored, to stand in a FROM clause: `(… UNION ALL …) AS <alias>` with the columns `series`
 * (UINTEGER), `time` (BIGINT, microseconds), `minute` (since the epoch; for times after it), `value` (DOUBLE) and `flags`
 * (UTINYINT). Each series and time is there once, wherever it lies. The bounds stand in both parts, where the engine
 * skips the blocks outside them by their least and greatest times; conditions on `series` reach both by themselves.
 * @param unsealed false where `raw` is known to hold none of the range
 */
export function readingsSql(range: TimeRange, unsealed = true): string {
  const part = (table: 'sealed' | 'raw', minute: string) =>
    `SELECT series, time, ${minute} AS minute, value, flags FROM ${table} WHERE ${withinRange(table, range)}`;
  const raw = `UNION ALL ${part('raw', `(time // ${MINUTE_MICROS})::INTEGER`)}`;
  return `(${part('sealed', 'minute')} ${unsealed ? raw : ''}) AS raw`;
}

/** The condition that a reading of the table lies in the range. In `sealed` the engine has bounds of minutes only. */
export function withinRange(table: 'sealed' | 'raw', { from, to }: TimeRange): string {
  const within = `time >= ${from} AND time < ${to}`;
  if (table === 'raw') return within;
  const [first, last] = [Math.floor(from / MINUTE_MICROS), Math.floor(to / MINUTE_MICROS)];
  const whole = from % MINUTE_MICROS === 0 && to % MINUTE_MICROS === 0;
  return whole ? `minute >= ${first} AND minute < ${last}` : `minute >= ${first} AND minute <= ${last} AND ${within}`;
}

/** Columns of `sealed` that are stored, from a table with `series`, `time`, `value` and `flags`. */
export const SEALED_COLUMNS = 'series, minute, milli, micro, value, flags';
const REST = `((time % ${MINUTE_MICROS}) + ${MINUTE_MICROS}) % ${MINUTE_MICROS}`;
export const SEALED_VALUES = `series, (time - ${REST}) // ${MINUTE_MICROS}, ${REST} // 1000, ${REST} % 1000, value, flags`;

/**
 * By day, series and time; time backwards in every other series. So from one series to the next it goes on from where it
 * was, and what the engine keeps, the differences of neighbours, are small everywhere: a quarter of a byte a reading.
 */
export const SEALED_ORDER = `time // ${DAY_MICROS}, series, CASE WHEN series % 2 = 0 THEN time ELSE -time END`;
