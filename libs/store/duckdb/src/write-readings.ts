import { BIGINT, DOUBLE, UINTEGER, UTINYINT, type DuckDBConnection } from '@duckdb/node-api';
import { appendColumns } from './append-columns.ts';
import type { Background } from './background.ts';
import type { ReadingTable } from './catalogue.ts';
import { bigIntColumn } from './micros.ts';
import type { PreparedWrite, ReadingColumns } from './prepared-write.ts';
import { staleHours } from './stale-hours.ts';
import { streamedChunks } from './streamed-chunks.ts';
import { MINUTE_MICROS } from './tiers.ts';
import { readColumn } from './vectors.ts';

/** Once for each writing connection. */
export const SUSPECT_TABLE = 'CREATE TEMP TABLE suspect (place UINTEGER, series UINTEGER, time BIGINT)';

/** Rows that a write put into less those it took out of the tables, and the bounds of the event times put in. */
export type WrittenRows = Record<ReadingTable | 'oldest' | 'newest', number>;

/**
 * Puts the readings of a write into `raw` so that it and `sealed` together stay unique by series and time, within the
 * open transaction. What it replaces it removes, for which work in the background gives way. Hours before `rollingTo`
 * that it changes are noted as stale.
 * @returns by how many rows each table grew, and the least and greatest time put in
 */
export async function writeReadings(
  connection: DuckDBConnection,
  write: PreparedWrite,
  background: Background,
  rollingTo: number,
): Promise<WrittenRows> {
  const grown: WrittenRows = { raw: 0, sealed: 0, oldest: Infinity, newest: -Infinity };
  if (write.suspects.length > 0) await settleSuspects(connection, write, background, grown);
  const kept = write.kept();
  const { series, micros, value, flags } = kept;
  await appendColumns(
    connection,
    'raw',
    [UINTEGER, BIGINT, DOUBLE, UTINYINT],
    [series, bigIntColumn(micros), value, flags],
  );
  const { series: staleSeries, hour } = staleHours(kept, rollingTo);
  await appendColumns(connection, 'stale', [UINTEGER, UINTEGER], [staleSeries, hour]);
  grown.raw += series.length;
  for (const time of micros) {
    grown.oldest = Math.min(grown.oldest, time);
    grown.newest = Math.max(grown.newest, time);
  }
  return grown;
}

/** What is stored just so is passed over, as in a replay; what differs is taken out of its table. */
async function settleSuspects(
  connection: DuckDBConnection,
  write: PreparedWrite,
  background: Background,
  grown: WrittenRows,
): Promise<void> {
  const suspects = write.rows(write.suspects);
  await fillSuspects(connection, suspects);
  const replaced = {
    sealed: await differing(connection, write, suspects, 'sealed'),
    raw: await differing(connection, write, suspects, 'raw'),
  };
  for (const table of ['sealed', 'raw'] as const) {
    if (replaced[table].length === 0) continue;
    const readings = write.rows(replaced[table]);
    await background.giveWay(readings);
    await remove(connection, table, readings);
    grown[table] -= replaced[table].length;
    for (const row of replaced[table]) write.replaces(row);
  }
  await connection.run('TRUNCATE suspect');
}

/** Rows of the write that the table holds with another value or flags; those it holds just so are dropped. */
async function differing(
  connection: DuckDBConnection,
  write: PreparedWrite,
  suspects: ReadingColumns,
  table: ReadingTable,
): Promise<number[]> {
  const found = await connection.stream(
    `SELECT place, value, flags FROM ${table} AS stored JOIN suspect USING (series, time) WHERE ${within(table, suspects)}`,
  );
  const replaced: number[] = [];
  for await (const chunk of streamedChunks(connection, found)) {
    const place = readColumn<Uint32Array>(chunk, 0);
    const value = readColumn<Float64Array>(chunk, 1);
    const flags = readColumn<Uint8Array>(chunk, 2);
    for (let i = 0; i < place.length; i++) {
      const row = write.suspects[place[i]!]!;
      if (write.isStored(row, value[i]!, flags[i]!)) write.drop(row);
      else replaced.push(row);
    }
  }
  return replaced;
}

async function remove(connection: DuckDBConnection, table: ReadingTable, readings: ReadingColumns): Promise<void> {
  await connection.run('TRUNCATE suspect');
  await fillSuspects(connection, readings);
  await connection.run(
    `DELETE FROM ${table} AS stored USING suspect
      WHERE stored.series = suspect.series AND stored.time = suspect.time AND ${within(table, readings)}`,
  );
}

async function fillSuspects(connection: DuckDBConnection, { series, micros }: ReadingColumns): Promise<void> {
  const place = Uint32Array.from(series.keys());
  await appendColumns(connection, 'suspect', [UINTEGER, UINTEGER, BIGINT], [place, series, bigIntColumn(micros)]);
}

/** The engine keeps the least and greatest time of every block, in `sealed` in minutes, and skips those outside. */
function within(table: ReadingTable, { micros }: ReadingColumns): string {
  let first = Infinity;
  let last = -Infinity;
  for (const time of micros) {
    first = Math.min(first, time);
    last = Math.max(last, time);
  }
  if (table === 'raw') return `stored.time BETWEEN ${first} AND ${last}`;
  return `stored.minute BETWEEN ${Math.floor(first / MINUTE_MICROS)} AND ${Math.floor(last / MINUTE_MICROS)}`;
}
