import type { DuckDBConnection } from '@duckdb/node-api';

export const SCHEMA_VERSION = 2;

/**
 * Readings are in `raw`, as they came, until they are moved to `sealed`, ordered by day, series and time. Neither has a
 * key: the writer keeps both together unique by series and time. Times are whole microseconds of the epoch.
 * Keys are a device, and JSON `[domain, metric]`; contents are JSON: `[from, labels][]` with null for "from the
 * beginning", and a MetricDefinition.
 */
const TABLES = `
  CREATE TABLE IF NOT EXISTS state (version INTEGER NOT NULL, cursor VARCHAR NOT NULL);
  CREATE TABLE IF NOT EXISTS series (id UINTEGER NOT NULL, domain VARCHAR NOT NULL, device VARCHAR NOT NULL, metric VARCHAR NOT NULL);
  CREATE TABLE IF NOT EXISTS label_history (key VARCHAR NOT NULL, content VARCHAR NOT NULL);
  CREATE TABLE IF NOT EXISTS metric (key VARCHAR NOT NULL, content VARCHAR NOT NULL);
  CREATE TABLE IF NOT EXISTS raw (series UINTEGER NOT NULL, time BIGINT NOT NULL, value DOUBLE NOT NULL, flags UTINYINT NOT NULL);
  CREATE TABLE IF NOT EXISTS sealed (series UINTEGER NOT NULL, time BIGINT NOT NULL, value DOUBLE NOT NULL, flags UTINYINT NOT NULL);
`;

/** Tables of a new file, or those an older version lacks. @throws Error for a file of an unknown version */
export async function ensureSchema(connection: DuckDBConnection): Promise<void> {
  await connection.run(`BEGIN; ${TABLES}`);
  const rows = (await connection.runAndReadAll('SELECT version FROM state')).getRows();
  const version = Number(rows[0]?.[0] ?? SCHEMA_VERSION);
  if (version < 1 || version > SCHEMA_VERSION) {
    throw new Error(
      `The series store has schema version ${version}, and this Seawall knows versions up to ${SCHEMA_VERSION} only.`,
    );
  }
  if (rows.length === 0) await connection.run(`INSERT INTO state VALUES (${SCHEMA_VERSION}, '0')`);
  else if (version < SCHEMA_VERSION) await connection.run(`UPDATE state SET version = ${SCHEMA_VERSION}`);
  await connection.run('COMMIT');
}
