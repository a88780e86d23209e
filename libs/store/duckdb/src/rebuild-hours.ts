import { SKETCH_KEY_SHIFT, SKETCH_LOG_BASE, SKETCH_SMALLEST } from '@seawall/model';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Catalogue } from './catalogue.ts';
import { engineRows } from './engine-rows.ts';
import { expiredLastReadingsSql, INCREASE_WITHIN_MICROS, increasesSql, lastReadingsSql } from './increases-sql.ts';
import { double, MAX_SQUARABLE, partSquaresSql, scaledPartSquaresSql, scaledSumSql } from './moments-sql.ts';
import { readingsSql } from './readings-sql.ts';
import { HOUR_MICROS, HourParts, HOURS, MINUTES, rollupOrder, type Tier } from './tiers.ts';

/** From so many readings an hour on it is worth having rows of minutes: three a minute. */
const MANY_READINGS = 180;
const HOURS_BACK = INCREASE_WITHIN_MICROS / HOUR_MICROS + 1;

/** What rebuilding came to. */
export interface Rebuilt {
  /** By tier. */
  readonly rows: Readonly<Record<Tier['name'], RowsOf>>;
  /** Series that have got rows of minutes. */
  readonly dense: readonly number[];
}

interface RowsOf {
  /** Put in less taken out. */
  readonly growth: number;
  /** Starts of those put in. */
  readonly oldest: number | null;
  readonly newest: number | null;
}

export interface HoursToRebuild {
  /** Hours since the epoch that the targets lie in. */
  readonly first: number;
  readonly end: number;
  /** For hours that are rolled up for the first time: nothing to take out, and the hours before tell what came before. */
  readonly fresh: boolean;
}

/** The table in which a rebuild finds what to do: which hours, and what is to be made of them. */
export const TARGET_TABLE = 'CREATE OR REPLACE TEMP TABLE target (series UINTEGER, hour UINTEGER, parts UTINYINT)';

/**
 * Makes the rows of the hours in `target` anew from their readings, within the open transaction of the background. Hours
 * with absurd values are noted in `beyond`. Of an hour whose readings have expired the row stays that was made of more
 * readings than there are now.
 */
export async function rebuildHours(connection: DuckDBConnection, hours: HoursToRebuild): Promise<Rebuilt> {
  await connection.run(`CREATE OR REPLACE TEMP TABLE fresh AS SELECT of.* EXCLUDE (stored), time // ${HOUR_MICROS} AS hour
    FROM ${increasesSql(seenSql(hours))} AS of SEMI JOIN target ON target.series = of.series AND target.hour = of.time // ${HOUR_MICROS}
    WHERE stored AND time >= ${hours.first * HOUR_MICROS}`);
  if (!hours.fresh) await leaveExpired(connection);
  const removed = hours.fresh ? {} : await removeRows(connection);
  const { rowsChanged: absurd } = await connection.run(`INSERT INTO beyond SELECT DISTINCT series, hour FROM fresh
    WHERE abs(value) >= ${double(MAX_SQUARABLE)} OR abs(increase) >= ${double(MAX_SQUARABLE)}`);
  const moments = absurd > 0 ? CAREFUL_MOMENTS : PLAIN_MOMENTS;
  await connection.run(`
    CREATE OR REPLACE TEMP TABLE made AS SELECT series, hour, CASE WHEN count(*) >= ${MANY_READINGS} THEN any_value(parts) | ${HourParts.minutes} ELSE any_value(parts) END AS parts
      FROM fresh JOIN target USING (series, hour) GROUP BY series, hour;
    INSERT INTO ${HOURS.rollup} (${COLUMNS}, parts) SELECT of.*, parts FROM (${rowsSql(HOURS, 'fresh', moments)}) AS of JOIN made ON made.series = of.series AND made.hour = of.start
      ORDER BY ${rollupOrder(HOURS).replaceAll('series', 'of.series').replaceAll('start', 'of.start')}`);
  const dense = await engineRows<[number]>(
    connection,
    `SELECT DISTINCT series FROM made WHERE parts & ${HourParts.minutes} > 0`,
  );
  if (dense.length > 0) {
    await connection.run(
      `INSERT INTO ${MINUTES.rollup} (${COLUMNS}, parts) SELECT *, 0 FROM (${rowsSql(MINUTES, partOf('minutes'), moments)}) ORDER BY ${rollupOrder(MINUTES)}`,
    );
  }
  await insertSketches(connection);
  return {
    rows: { '1h': await rowsMade(connection, HOURS, removed), '1m': await rowsMade(connection, MINUTES, removed) },
    dense: dense.map(([series]) => series),
  };
}

/** The readings of the hours, and of each series what came before: also what is only remembered, which is not `stored`. */
function seenSql({ first, end, fresh }: HoursToRebuild): string {
  const of = 'series IN (SELECT series FROM target)';
  if (fresh) {
    const range = { from: first * HOUR_MICROS, to: end * HOUR_MICROS };
    return `(SELECT series, time, value, true AS stored FROM ${readingsSql(range)} WHERE ${of}
      UNION ALL SELECT series, max(time), arg_max(value, time), false FROM (${lastReadingsSql(first - HOURS_BACK, first)})
        WHERE ${of} GROUP BY series)`;
  }
  const range = { from: first * HOUR_MICROS - INCREASE_WITHIN_MICROS, to: end * HOUR_MICROS };
  return `(SELECT series, time, arg_max(value, stored) AS value, bool_or(stored) AS stored FROM (
      SELECT series, time, value, true AS stored FROM ${readingsSql(range)}
      UNION ALL SELECT *, false FROM (${expiredLastReadingsSql(first - HOURS_BACK, end)})
    ) WHERE ${of} GROUP BY series, time)`;
}

/** Leaves hours alone whose readings have expired, but for rows made of no more readings than there are now. */
async function leaveExpired(connection: DuckDBConnection): Promise<void> {
  await connection.run(`
    CREATE OR REPLACE TEMP TABLE left_alone AS SELECT target.series, target.hour FROM target
      JOIN series ON series.id = target.series
      JOIN kept ON kept.domain = series.domain AND kept.tier = 'raw' AND target.hour::BIGINT * ${HOUR_MICROS} < kept.since
      JOIN ${HOURS.rollup} AS old ON old.series = target.series AND old.start = target.hour
      LEFT JOIN (SELECT series, hour, count(*) AS count FROM fresh GROUP BY series, hour) AS now ON now.series = target.series AND now.hour = target.hour
      WHERE old.count > coalesce(now.count, 0);
    DELETE FROM target WHERE (series, hour) IN (FROM left_alone);
    DELETE FROM fresh WHERE (series, hour) IN (FROM left_alone)`);
}

/** @returns how many rows are gone, by tier */
async function removeRows(connection: DuckDBConnection): Promise<Partial<Record<Tier['name'], number>>> {
  await connection.run(
    'DELETE FROM beyond USING target WHERE beyond.series = target.series AND beyond.hour = target.hour',
  );
  const removed: Partial<Record<Tier['name'], number>> = {};
  const [bounds] = await engineRows<[number | null, number | null]>(
    connection,
    'SELECT min(hour)::DOUBLE, max(hour)::DOUBLE FROM target',
  );
  const [first, last] = bounds!;
  if (first === null || last === null) return removed;
  for (const { name, rollup, sketch, stepMicros } of [MINUTES, HOURS]) {
    const steps = HOUR_MICROS / stepMicros;
    for (const table of [rollup, sketch]) {
      const { rowsChanged } = await connection.run(`DELETE FROM ${table} AS old USING target
        WHERE old.series = target.series AND old.start // ${steps} = target.hour AND old.start >= ${first * steps} AND old.start < ${(last + 1) * steps}`);
      if (table === rollup) removed[name] = rowsChanged;
    }
  }
  return removed;
}

/** Of rows, in the order of `rowsSql`. */
const COLUMNS =
  'series, start, count, sum, m2, scaled_sum, scaled_m2, min, max, first, last, first_at, last_at, increase';

/** Of values that can be squared and added up. */
const PLAIN_MOMENTS = `fsum(value) AS sum, CASE WHEN count(*) = 1 THEN 0 ELSE var_samp(value) * (count(*) - 1) END AS m2,
  NULL AS scaled_sum, NULL AS scaled_m2`;
/** Of any values. */
const CAREFUL_MOMENTS = `fsum(value) AS sum, coalesce(${partSquaresSql()}, 'Infinity'::DOUBLE) AS m2,
  CASE WHEN NOT isfinite(fsum(value)) THEN ${scaledSumSql()} END AS scaled_sum, ${scaledPartSquaresSql()} AS scaled_m2`;

/** Rows of a tier, but for `parts`. */
function rowsSql({ stepMicros }: Tier, from: string, moments: string): string {
  return `SELECT series, (time // ${stepMicros})::UINTEGER AS start, count(*) AS count, ${moments},
      min(value) AS min, max(value) AS max, arg_min(value, time) AS first, arg_max(value, time) AS last,
      min(time) % ${stepMicros} AS first_at, max(time) % ${stepMicros} AS last_at, fsum(increase) AS increase
    FROM ${from} GROUP BY series, time // ${stepMicros}`;
}

/** The readings of those hours that are to have a part. */
function partOf(part: keyof typeof HourParts): string {
  return `(SELECT fresh.* FROM fresh SEMI JOIN (FROM made WHERE parts & ${HourParts[part]} > 0) AS of ON of.series = fresh.series AND of.hour = fresh.hour)`;
}

/** For the hours that are to have them, and their minutes where there are rows of these. */
async function insertSketches(connection: DuckDBConnection): Promise<void> {
  const [wanted] = await engineRows<[number]>(
    connection,
    `SELECT count(*)::DOUBLE FROM made WHERE parts & ${HourParts.sketches} > 0`,
  );
  if (wanted![0] === 0) return;
  const size = `ceil(ln(abs(value)) / ${SKETCH_LOG_BASE}) + ${SKETCH_KEY_SHIFT}`;
  const key = `CASE WHEN abs(value) < ${SKETCH_SMALLEST.toExponential()} THEN 0 WHEN value < 0 THEN -(${size}) ELSE ${size} END`;
  const insert = ({ sketch, stepMicros }: Tier, from: string) => `INSERT INTO ${sketch}
    SELECT series, time // ${stepMicros} AS start, ${key} AS key, count(*) FROM ${from} GROUP BY ALL ORDER BY start, series, key`;
  await connection.run(insert(HOURS, partOf('sketches')));
  await connection.run(
    insert(
      MINUTES,
      `(SELECT of.* FROM ${partOf('sketches')} AS of SEMI JOIN (FROM made WHERE parts & ${HourParts.minutes} > 0) AS m ON m.series = of.series AND m.hour = of.hour)`,
    ),
  );
}

async function rowsMade(
  connection: DuckDBConnection,
  { name, stepMicros }: Tier,
  removed: Partial<Record<Tier['name'], number>>,
): Promise<RowsOf> {
  const of =
    name === '1h'
      ? 'SELECT hour AS start FROM made'
      : `SELECT DISTINCT series, time // ${stepMicros} AS start FROM ${partOf('minutes')}`;
  const sql = `SELECT count(*)::DOUBLE, min(start)::DOUBLE, max(start)::DOUBLE FROM (${of})`;
  const [made] = await engineRows<[number, number | null, number | null]>(connection, sql);
  const [count, oldest, newest] = made!;
  return { growth: count - (removed[name] ?? 0), oldest, newest };
}

/** After the commit. */
export function noteRebuilt(catalogue: Catalogue, { rows, dense }: Rebuilt): void {
  for (const { name } of [MINUTES, HOURS]) catalogue.tiers[name].grow(rows[name]);
  for (const series of dense) catalogue.dense.add(series);
}
