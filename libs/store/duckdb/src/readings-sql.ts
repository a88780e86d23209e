/** The bounds of a scan, in whole microseconds of the epoch. */
export interface TimeRange {
  /** Inclusive. */
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

/**
 * SQL of all readings stored, to stand in a FROM clause: `(… UNION ALL …) AS <alias>` with the columns `series`
 * (UINTEGER), `time` (BIGINT, microseconds), `value` (DOUBLE) and `flags` (UTINYINT). Each series and time is there once,
 * wherever it lies. The bounds stand in both parts, where the engine skips the blocks outside them by their least and
 * greatest times; conditions on `series` reach both by themselves.
 */
export function readingsSql({ from, to }: TimeRange, alias = 'raw'): string {
  const part = (table: string) =>
    `SELECT series, time, value, flags FROM ${table} WHERE time >= ${from} AND time < ${to}`;
  return `(${part('sealed')} UNION ALL ${part('raw')}) AS ${alias}`;
}
