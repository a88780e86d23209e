import { UINTEGER, type DuckDBConnection } from '@duckdb/node-api';
import type { QueryPlan } from '@seawall/model';
import { forgottenBefore, type ForgottenBefore, type KeptSince, type Selection } from '@seawall/query';
import { appendColumns } from './append-columns.ts';
import type { Catalogue } from './catalogue.ts';
import { engineRows } from './engine-rows.ts';
import { expiredLastReadingsSql } from './increases-sql.ts';
import { isInline } from './query-sql.ts';
import { readingsSql } from './readings-sql.ts';
import { HOUR_MICROS } from './tiers.ts';

/** By series: the first reading that is remembered, where it may have lost the one before it, see `forgottenBefore`. */
export async function readFirsts(
  connection: DuckDBConnection,
  plan: QueryPlan,
  { series, groups }: Selection,
  { table }: Catalogue,
  kept: ReadonlyMap<string, KeptSince>,
): Promise<ReadonlyMap<number, number>> {
  const firsts = new Map<number, number>();
  for (const domain of new Set(groups.map((group) => group.domain))) {
    const range = forgottenBefore(plan, kept.get(domain) ?? {});
    if (range === undefined) continue;
    const own = Uint32Array.from(new Set(series)).filter((id) => table.at(id).domain === domain);
    for (const [id, first] of await engineRows<[number, number]>(
      connection,
      firstsSql(range, await oneOf(connection, own)),
    ))
      firsts.set(id, first);
  }
  return firsts;
}

function firstsSql({ from, readings, to }: ForgottenBefore, series: string): string {
  const hours = expiredLastReadingsSql(Math.floor(from / HOUR_MICROS), Math.ceil(readings / HOUR_MICROS));
  const rows = from < readings ? `UNION ALL SELECT series, time FROM (${hours})` : '';
  return `SELECT series, min(time)::DOUBLE FROM (SELECT series, time FROM ${readingsSql({ from: readings, to })} ${rows})
    WHERE series IN (${series}) GROUP BY series`;
}

/** Many series are put into a temporary table, which is left behind by rolling back. */
async function oneOf(connection: DuckDBConnection, series: Uint32Array): Promise<string> {
  if (isInline({ series })) return series.join(', ');
  await connection.run('CREATE OR REPLACE TEMP TABLE beginning (series UINTEGER)');
  await appendColumns(connection, 'beginning', [UINTEGER], [series]);
  return 'FROM beginning';
}
