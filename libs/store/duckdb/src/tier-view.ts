import type { DuckDBConnection } from '@duckdb/node-api';
import { microsOf, type QueryPlan } from '@seawall/model';
import { isPercentile, mayServe, type KeptSince, type Selection, type TierView } from '@seawall/query';
import type { Catalogue } from './catalogue.ts';
import { engineRows } from './engine-rows.ts';
import { readFirsts } from './first-readings.ts';
import { hasRate, isInline } from './query-sql.ts';
import { HOURS_AFTER, nextHoursSql } from './repair.ts';
import { HOUR_MICROS, HourParts, HOURS, MINUTE_MICROS } from './tiers.ts';

/** Whether rollups may have a part in the answer; if not, there is no need to look at them. */
export function mayUseTiers(plan: QueryPlan, selection: Selection, catalogue: Catalogue): boolean {
  if (plan.aggregate.length === 0) return false;
  if (catalogue.kept.size > 0) return true;
  if (plan.aggregate.some(isPercentile)) return false;
  const rolledTo = catalogue.rolling.rolledTo * HOUR_MICROS;
  return (
    mayServe(plan, HOUR_MICROS, rolledTo) || (mayServe(plan, MINUTE_MICROS, rolledTo) && hasDense(selection, catalogue))
  );
}

/** What a plan must know of the rollups, read in the transaction in which it will be answered. */
export async function readTierView(
  connection: DuckDBConnection,
  plan: QueryPlan,
  selection: Selection,
  catalogue: Catalogue,
): Promise<TierView> {
  let rolledTo = 0;
  const kept = new Map<string, KeptSince>();
  for (const [domain, tier, since] of await engineRows<[string, keyof KeptSince | 'rolled', number]>(
    connection,
    `SELECT '' AS domain, 'rolled' AS tier, rolled_to::DOUBLE * ${HOUR_MICROS} FROM rolling UNION ALL SELECT domain, tier, since::DOUBLE FROM kept`,
  )) {
    if (tier === 'rolled') rolledTo = since;
    else kept.set(domain, { ...kept.get(domain), [tier]: since });
  }
  const firsts = await readFirsts(connection, plan, selection, catalogue, kept);
  const first = Math.max(0, Math.floor(microsOf(plan.from) / HOUR_MICROS));
  const end = Math.min(Math.ceil(microsOf(plan.to) / HOUR_MICROS), rolledTo / HOUR_MICROS);
  if (first >= end) return { rolledTo, kept, firsts, stale: new Map(), dense: new Map() };
  const selected = new Set(selection.series);
  // Of few series the engine leaves the others' out sooner than we do.
  const only = isInline(selection) ? ` AND series IN (${[...selected].join(', ')})` : '';
  const stale = hoursBySeries(await engineRows(connection, unusableSql(plan, first, end, only)), selected);
  const dense = hasDense(selection, catalogue)
    ? hoursBySeries(await engineRows(connection, denseSql(first, end, only)), selected)
    : new Map<number, Set<number>>();
  return { rolledTo, kept, firsts, stale, dense };
}

/** Hours whose rows don't say what their readings do, or not as exactly; those whose increase hangs on such an hour where it is asked for. */
function unusableSql(plan: QueryPlan, first: number, end: number, only: string): string {
  const within = (from: number) => `hour >= ${Math.max(0, from)} AND hour < ${end}${only}`;
  const changed = `SELECT series, hour FROM stale WHERE ${within(first)} UNION SELECT series, hour FROM beyond WHERE ${within(first)}`;
  if (!hasRate(plan)) return changed;
  const before = `(SELECT DISTINCT series, hour FROM stale WHERE ${within(first - HOURS_AFTER)})`;
  return `${changed} UNION ${nextHoursSql(before)}`;
}

function denseSql(first: number, end: number, only: string): string {
  return `SELECT series, start FROM ${HOURS.rollup} WHERE start >= ${first} AND start < ${end}${only} AND parts & ${HourParts.minutes} > 0`;
}

function hasDense({ series }: Selection, { dense }: Catalogue): boolean {
  return dense.size > 0 && series.some((id) => dense.has(id));
}

/** @returns begins of hours in microseconds */
function hoursBySeries(rows: readonly [number, number][], selected: ReadonlySet<number>): Map<number, Set<number>> {
  const hours = new Map<number, Set<number>>();
  for (const [series, hour] of rows) {
    if (!selected.has(series)) continue;
    const of = hours.get(series);
    if (of === undefined) hours.set(series, new Set([hour * HOUR_MICROS]));
    else of.add(hour * HOUR_MICROS);
  }
  return hours;
}
