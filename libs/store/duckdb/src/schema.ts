import type { DuckDBConnection } from '@duckdb/node-api';

export const SCHEMA_VERSION = 1;

/**
 * `raw` has no key: the writer keeps it unique by series and time. Times are whole microseconds of the epoch.
 * Keys are a device, and JSON `[domain, metric]`; contents are JSON: `[from, labels][]` with null for "from the
 * beginning", and a MetricDefinition.
 */
const TABLES = `
  CREATE TABLE IF NOT EXISTS state (version INTEGER NOT NULL, cursor VARCHAR NOT NULL);
  CREATE TABLE IF NOT EXISTS series (id UINTEGER NOT NULL, domain VARCHAR NOT NULL, device VARCHAR NOT NULL, metric VARCHAR NOT NULL);
  CREATE TABLE IF NOT EXISTS label_history (key VARCHAR NOT NULL, content VARCHAR NOT NULL);
  CREATE TABLE IF NOT EXISTS metric (key VARCHAR NOT NULL, content VARCHAR NOT NULL);
  CREATE TABLE IF NOT EXISTS raw (series UINTEGER NOT NULL, time BIGINT NOT NULL, value DOUBLE NOT NULL, flags UTINYINT NOT NULL);
`;

/** Tables of a new file, and a check of an old one. @throws Error for a file of another version */
export async function ensureSchema(connection: DuckDBConnection): Promise<void> {
  await connection.run(`BEGIN; ${TABLES}`);
  const rows = (await connection.runAndReadAll('SELECT version FROM state')).getRows();
  if (rows.length === 0) await connection.run(`INSERT INTO state VALUES (${SCHEMA_VERSION}, '0')`);
  await connection.run('COMMIT');
  const version = rows[0]?.[0] ?? SCHEMA_VERSION;
  if (version !== SCHEMA_VERSION) {
    throw new Error(
      `The series store has schema version ${String(version)}, and this Seawall knows version ${SCHEMA_VERSION} only.`,
    );
  }
}
