import { BIGINT, DOUBLE, UINTEGER, UTINYINT, type DuckDBConnection } from '@duckdb/node-api';
import { appendColumns } from './append-columns.ts';
import { bigIntColumn } from './micros.ts';
import type { PreparedWrite, ReadingColumns } from './prepared-write.ts';
import { readColumn } from './vectors.ts';

/** Once for each writing connection. */
export const SUSPECT_TABLE = 'CREATE TEMP TABLE suspect (place UINTEGER, series UINTEGER, time BIGINT)';

/**
 * Puts the readings of a write into `raw` so that it stays unique by series and time, within the open transaction.
 * @returns by how much the number of stored readings grew
 */
export async function writeReadings(connection: DuckDBConnection, write: PreparedWrite): Promise<number> {
  const replaced = write.suspects.length === 0 ? 0 : await settleSuspects(connection, write);
  const { series, micros, value, flags } = write.kept();
  await appendColumns(
    connection,
    'raw',
    [UINTEGER, BIGINT, DOUBLE, UTINYINT],
    [series, bigIntColumn(micros), value, flags],
  );
  return series.length - replaced;
}

/** What is stored just so is passed over, as in a replay; what differs is taken out of the table. @returns rows removed */
async function settleSuspects(connection: DuckDBConnection, write: PreparedWrite): Promise<number> {
  const suspects = write.rows(write.suspects);
  await fillSuspects(connection, suspects);
  const found = await connection.stream(
    `SELECT place, value, flags FROM raw JOIN suspect USING (series, time) WHERE ${within(suspects)}`,
  );
  const replaced: number[] = [];
  for (let chunk = await found.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await found.fetchChunk()) {
    const place = readColumn<Uint32Array>(chunk, 0);
    const value = readColumn<Float64Array>(chunk, 1);
    const flags = readColumn<Uint8Array>(chunk, 2);
    for (let i = 0; i < place.length; i++) {
      const row = write.suspects[place[i]!]!;
      if (write.isStored(row, value[i]!, flags[i]!)) write.drop(row);
      else replaced.push(row);
    }
  }
  if (replaced.length > 0) await remove(connection, write.rows(replaced));
  await connection.run('TRUNCATE suspect');
  return replaced.length;
}

async function remove(connection: DuckDBConnection, readings: ReadingColumns): Promise<void> {
  await connection.run('TRUNCATE suspect');
  await fillSuspects(connection, readings);
  await connection.run(
    `DELETE FROM raw USING suspect WHERE raw.series = suspect.series AND raw.time = suspect.time AND ${within(readings)}`,
  );
}

async function fillSuspects(connection: DuckDBConnection, { series, micros }: ReadingColumns): Promise<void> {
  const place = Uint32Array.from(series.keys());
  await appendColumns(connection, 'suspect', [UINTEGER, UINTEGER, BIGINT], [place, series, bigIntColumn(micros)]);
}

/** The engine keeps the least and greatest time of every block, and skips those outside. */
function within({ micros }: ReadingColumns): string {
  let first = Infinity;
  let last = -Infinity;
  for (const time of micros) {
    first = Math.min(first, time);
    last = Math.max(last, time);
  }
  return `raw.time BETWEEN ${first} AND ${last}`;
}
