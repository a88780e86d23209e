import type { DuckDBConnection } from '@duckdb/node-api';
import { SEALED_DAY_TABLES, SEED_SEALED_DAYS } from './sealed-days.ts';
import { TIERS } from './tiers.ts';

export const SCHEMA_VERSION = 4;

/**
 * Readings are in `raw`, as they came, until they are moved to `sealed`, in runs ordered by day, series and time. Neither has
 * a key: the writer keeps both together unique by series and time. Times are whole microseconds of the epoch; in `sealed`
 * they are kept in parts, which take a third of the room.
 * Keys are a device, and JSON `[domain, metric]`; contents are JSON: `[from, labels][]` with null for "from the
 * beginning", and a MetricDefinition.
 */
const TABLES = `
  CREATE TABLE IF NOT EXISTS state (version INTEGER NOT NULL, cursor VARCHAR NOT NULL);
  CREATE TABLE IF NOT EXISTS series (id UINTEGER NOT NULL, domain VARCHAR NOT NULL, device VARCHAR NOT NULL, metric VARCHAR NOT NULL);
  CREATE TABLE IF NOT EXISTS label_history (key VARCHAR NOT NULL, content VARCHAR NOT NULL);
  CREATE TABLE IF NOT EXISTS metric (key VARCHAR NOT NULL, content VARCHAR NOT NULL);
  CREATE TABLE IF NOT EXISTS raw (series UINTEGER NOT NULL, time BIGINT NOT NULL, value DOUBLE NOT NULL, flags UTINYINT NOT NULL);
  CREATE TABLE IF NOT EXISTS sealed (
    series UINTEGER NOT NULL, minute INTEGER NOT NULL, milli USMALLINT NOT NULL, micro USMALLINT NOT NULL,
    value DOUBLE NOT NULL, flags UTINYINT NOT NULL,
    time BIGINT GENERATED ALWAYS AS (minute * 60000000::BIGINT + milli * 1000::BIGINT + micro) VIRTUAL
  );
`;

/**
 * A row of a rollup is a minute or an hour of one series; `start` counts them from the epoch, `first_at` and `last_at`
 * are microseconds from there on. `increase` is null where no reading has one before it. `parts` says what else has been
 * made of the readings of an hour, see `HourParts`. `scaled_sum` and `scaled_m2` are there where `sum` and `m2` are beyond a
 * double (infinite, or NaN): of values made smaller by SUM_SCALE and SQUARE_SCALE. A sketch's row counts the readings in one
 * of its buckets.
 * `stale` has the hours whose readings changed after they were rolled up, some more than once; `beyond` those with absurd
 * values, which readings answer as long as there are any. Every hour from the first to `rolled_to` is rolled up; up to
 * `rolling_to` this is under way, and done for the series below `rolled_series`. `kept`: from when on a tier holds
 * anything of a domain, in microseconds; before that it has expired. Of `began`: from when on anything has expired at all.
 */
const ROLLUPS = `
  ${TIERS.map(
    ({ rollup, sketch }) => `
  CREATE TABLE IF NOT EXISTS ${rollup} (
    series UINTEGER NOT NULL, start UINTEGER NOT NULL, count UINTEGER NOT NULL, sum DOUBLE NOT NULL, m2 DOUBLE NOT NULL,
    min DOUBLE NOT NULL, max DOUBLE NOT NULL, first DOUBLE NOT NULL, last DOUBLE NOT NULL,
    first_at UINTEGER NOT NULL, last_at UINTEGER NOT NULL, increase DOUBLE, parts UTINYINT NOT NULL,
    scaled_sum DOUBLE, scaled_m2 DOUBLE
  );
  CREATE TABLE IF NOT EXISTS ${sketch} (series UINTEGER NOT NULL, start UINTEGER NOT NULL, key INTEGER NOT NULL, count UINTEGER NOT NULL);`,
  ).join('')}
  CREATE TABLE IF NOT EXISTS stale (series UINTEGER NOT NULL, hour UINTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS beyond (series UINTEGER NOT NULL, hour UINTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS rolling (rolled_to UINTEGER NOT NULL, rolling_to UINTEGER NOT NULL, rolled_series UINTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS kept (domain VARCHAR NOT NULL, tier VARCHAR NOT NULL, since BIGINT NOT NULL);
  INSERT INTO rolling SELECT 0, 0, 0 WHERE NOT EXISTS (FROM rolling);
`;

/** Up to version 3 a row could not hold absurd values: their hours had none, and were listed in `unrolled`. */
const TAKE_OVER_3 = `
  ${TIERS.map(
    ({ rollup }) => `
  ALTER TABLE ${rollup} ADD COLUMN IF NOT EXISTS scaled_sum DOUBLE;
  ALTER TABLE ${rollup} ADD COLUMN IF NOT EXISTS scaled_m2 DOUBLE;`,
  ).join('')}
  CREATE TABLE IF NOT EXISTS unrolled (series UINTEGER NOT NULL, hour UINTEGER NOT NULL);
  INSERT INTO stale SELECT DISTINCT series, hour FROM unrolled;
  DROP TABLE unrolled;
`;

/** Tables of a new file, or those an older version lacks. @throws Error for a file of an unknown version */
export async function ensureSchema(connection: DuckDBConnection): Promise<void> {
  await connection.run(`BEGIN; ${TABLES} ${SEALED_DAY_TABLES} ${ROLLUPS}`);
  const rows = (await connection.runAndReadAll('SELECT version FROM state')).getRows();
  const version = Number(rows[0]?.[0] ?? SCHEMA_VERSION);
  if (version < 1 || version > SCHEMA_VERSION) {
    throw new Error(
      `The series store has schema version ${version}, and this Seawall knows versions up to ${SCHEMA_VERSION} only.`,
    );
  }
  if (rows.length === 0) await connection.run(`INSERT INTO state VALUES (${SCHEMA_VERSION}, '0')`);
  else if (version < SCHEMA_VERSION) {
    if (version < 3) await connection.run(SEED_SEALED_DAYS);
    await connection.run(`${TAKE_OVER_3} UPDATE state SET version = ${SCHEMA_VERSION}`);
  }
  await connection.run('COMMIT');
}
