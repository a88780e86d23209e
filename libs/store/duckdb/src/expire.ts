import { expiresBefore, keptFor } from '@seawall/ports';
import { UINTEGER, type DuckDBConnection } from '@duckdb/node-api';
import { appendColumns } from './append-columns.ts';
import type { MaintenanceContext } from './maintenance.ts';
import { microsOf } from './micros.ts';

/** Readings that go in one piece. */
const PIECE_ROWS = 1_000_000;

/** Removes readings that their domain keeps no longer. */
export async function expireStep(context: MaintenanceContext): Promise<boolean> {
  for (const [cut, series] of seriesByCut(context)) {
    for (const table of ['sealed', 'raw'] as const) if (await expire(context, table, cut, series)) return true;
  }
  return false;
}

/** Moments (microseconds) before which readings have expired, with the series they are for. */
function seriesByCut({ catalogue, now, retention }: MaintenanceContext): Map<number, number[]> {
  const cuts = new Map<number, number[]>();
  catalogue.stored().forEach(({ domain }, id) => {
    const before = expiresBefore(now, keptFor(retention.raw, domain));
    if (before === -Infinity || catalogue.counts.of(id) === 0) return;
    const cut = microsOf(before);
    cuts.set(cut, [...(cuts.get(cut) ?? []), id]);
  });
  return cuts;
}

async function expire(
  { background, catalogue, signal }: MaintenanceContext,
  table: 'raw' | 'sealed',
  cut: number,
  series: readonly number[],
): Promise<boolean> {
  const { connection } = background;
  const chosen = new Set(series);
  const where = `time < ${cut} AND series IN (SELECT series FROM expiring)`;
  let found = true;
  await background.transact(
    {
      claims: (id, micros) => micros < cut && chosen.has(id),
      run: async () => {
        await connection.run('CREATE OR REPLACE TEMP TABLE expiring (series UINTEGER)');
        await appendColumns(connection, 'expiring', [UINTEGER], [Uint32Array.from(series)]);
        const last = await numbers(
          connection,
          `SELECT max(rowid)::DOUBLE FROM (SELECT rowid FROM ${table} WHERE ${where} LIMIT ${PIECE_ROWS})`,
        );
        if (last[0]![0] === null) {
          found = false;
          return [];
        }
        const piece = `${where} AND rowid <= ${last[0]![0]}`;
        const counts = await numbers(
          connection,
          `SELECT series::DOUBLE, count(*)::DOUBLE FROM ${table} WHERE ${piece} GROUP BY series`,
        );
        await connection.run(`DELETE FROM ${table} WHERE ${piece}`);
        return counts;
      },
      committed: (counts) => {
        for (const [id, count] of counts) catalogue.remove(table, id!, count!);
      },
    },
    signal,
  );
  return found;
}

async function numbers(connection: DuckDBConnection, sql: string): Promise<(number | null)[][]> {
  return (await connection.runAndReadAll(sql)).getRows() as (number | null)[][];
}
