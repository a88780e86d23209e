import { type QueryAggregate, type QueryPlan } from '@seawall/model';
import { isPercentile, type RememberedWhere, type Selection } from '@seawall/query';
import type { BucketRun } from './bucket-runs.ts';
import type { Catalogue } from './catalogue.ts';
import { allOf, bucketsOf, field, measurementOf, tag, within } from './influx-ql.ts';
import { DEVICE_TAG, fieldName, flagsField, measurementName } from './influx-names.ts';
import { groupNames, type Portion } from './portions.ts';
import { columnOf, devicesCondition, groupsCondition, whereConditions } from './where-conditions.ts';

/** A plan, what it selects, and what is known of it. */
export interface Asked {
  readonly plan: QueryPlan;
  readonly selection: Selection;
  /** What selected it, to select by again. */
  readonly where?: RememberedWhere;
  readonly catalogue: Catalogue;
}

/**
 * Readings of a portion of raw series: time, value and, if asked, flags; at most so many of each. Rows of several are told
 * apart by their device; those of one alone are not tagged, which InfluxDB answers sooner.
 */
export function rawStatement(asked: Asked, portion: Portion, limit: number): string {
  const { plan } = asked;
  const columns = [fieldName(portion.metric), ...(plan.flags ? [flagsField(portion.metric)] : [])].map(field);
  const where = [...conditions(asked, portion), within(portion.from, portion.to)];
  const grouped = isOne(portion) ? '' : `GROUP BY ${tag(DEVICE_TAG)} `;
  return `SELECT ${columns.join(', ')} ${from(portion)} WHERE ${allOf(where)} ${grouped}LIMIT ${limit}`;
}

/**
 * Native aggregates of a portion over one run of buckets, a column each in the order given.
 * @returns undefined where the portion has nothing in the run
 */
export function aggregateStatement(
  asked: Asked,
  portion: Portion,
  run: BucketRun,
  aggregates: readonly NativeAggregate[],
  limit: number,
): string | undefined {
  const { plan } = asked;
  const [begin, end] = [Math.max(run.from, portion.from), Math.min(run.to, portion.to)];
  if (begin >= end) return undefined;
  const name = field(fieldName(portion.metric));
  const columns = aggregates.map(
    (aggregate, i) => `${callOf(aggregate, name)} AS ${field(`c${i}`).replace('::field', '')}`,
  );
  const where = [...conditions(asked, portion), within(begin, end)];
  // Without buckets InfluxDB takes any of several first or last ones; so the range is one.
  const grid = [run.grid === undefined ? bucketsOf(begin, end - begin) : bucketsOf(run.grid.origin, run.grid.length)];
  const groupBy = [...grid, ...groupNames(plan).map(columnOf)];
  return `SELECT ${columns.join(', ')} ${from(portion)} WHERE ${allOf(where)} GROUP BY ${groupBy.join(', ')} fill(none) LIMIT ${limit}`;
}

/** What InfluxDB computes just so: all but `rate`. */
export type NativeAggregate = Exclude<QueryAggregate, 'rate'>;

function callOf(aggregate: NativeAggregate, column: string): string {
  return isPercentile(aggregate) ? `percentile(${column}, ${Number(aggregate.slice(1))})` : `${aggregate}(${column})`;
}

/** Every reading of a portion's devices from this moment (microseconds) on, whatever its labels; a device after the other. */
export function readingsStatement({ selection, catalogue }: Asked, portion: Portion, begin: number): string {
  const devices = devicesOf(selection, catalogue, portion);
  const all = portion.isWhole && devices.length === devicesIn(catalogue, portion);
  const where = [...(all ? [] : [devicesCondition(devices)]), within(begin, portion.to)];
  return `SELECT ${field(fieldName(portion.metric))} ${from(portion)} WHERE ${allOf(where)} GROUP BY ${tag(DEVICE_TAG)}`;
}

function from({ domain }: Portion): string {
  return `FROM ${measurementOf('raw', measurementName(domain))}`;
}

/** What a portion's readings and rows have in common, but for their time. */
export function conditions({ plan, selection, catalogue }: Asked, portion: Portion): readonly string[] {
  const conditions = [...whereConditions(plan.where, catalogue)];
  const isRaw = plan.aggregate.length === 0;
  // Of a whole portion others may have come since the plan was resolved; the rows of one alone don't tell.
  if (isRaw ? !portion.isWhole || plan.devices || isOne(portion) : plan.devices)
    conditions.push(devicesCondition(devicesOf(selection, catalogue, portion)));
  if (!isRaw && !portion.isWhole && groupNames(plan).length > 0) conditions.push(ofGroups(plan, selection, portion));
  return conditions;
}

function ofGroups(plan: QueryPlan, { groups }: Selection, portion: Portion): string {
  const names = groupNames(plan);
  const valuesOf = (group: number) =>
    names.map((name) => (Object.hasOwn(groups[group]!.labels, name) ? groups[group]!.labels[name] : undefined));
  return groupsCondition(names, portion.groups.map(valuesOf));
}

function isOne({ groups }: Portion): boolean {
  return groups.length === 1;
}

function devicesOf({ series }: Selection, { table }: Catalogue, { parts }: Portion): readonly string[] {
  return [...new Set(parts.map((part) => table.at(series[part]!).device))];
}

/** How many devices have the portion's metric. */
export function devicesIn(catalogue: Catalogue, { domain, metric }: Portion): number {
  return catalogue.stored().filter((series) => series.domain === domain && series.metric === metric).length;
}
