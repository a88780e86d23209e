import type { QueryAggregate, QuerySource } from '@seawall/model';
import { isPercentile } from '@seawall/query';
import type { BucketCells } from './bucket-cells.ts';
import { allOf, bucketsOf, field, identifier, measurementOf, within } from './influx-ql.ts';
import { fieldName, measurementName } from './influx-names.ts';
import { groupNames, type Portion } from './portions.ts';
import { conditions } from './query-statements.ts';
import type { KnownMoments } from './reading-moments.ts';
import { UnspeakableNumberError } from './read-rows.ts';
import { rollupMeasurement, rowField, SCALED_OF, type RowField } from './rollup-tiers.ts';
import { ABSURD } from './row-moments.ts';
import { GroupFinder } from './run-aggregates.ts';
import type { TierReading } from './run-tiered.ts';
import { SQUARE_SCALE } from './squares.ts';
import type { TierStretch } from './tier-stretches.ts';
import { columnOf, devicesCondition } from './where-conditions.ts';

/** What InfluxDB adds up of a bucket. */
export type NativeColumn = 'count' | 'sum' | 'min' | 'max' | 'stddev' | 'increase' | 'increases';

/**
 * What must be added up for the aggregates; undefined where InfluxDB's own aggregates of so many readings or rows would not
 * give what theirs together do: of a first and last one it tells no time, and of rows' deviations nothing exact.
 */
export function nativeColumns(
  source: QuerySource,
  aggregates: readonly QueryAggregate[],
): readonly NativeColumn[] | undefined {
  const columns = new Set<NativeColumn>(['count']);
  for (const name of aggregates) {
    if (isPercentile(name) || name === 'first' || name === 'last') return undefined;
    if (source === 'raw' ? name === 'rate' : name === 'stddev') return undefined;
    if (name === 'mean' || name === 'stddev') columns.add('sum');
    if (name === 'rate') columns.add('increase').add('increases');
    else if (name !== 'mean') columns.add(name);
  }
  return [...columns];
}

/**
 * Reads stretches that are alike by InfluxDB's aggregates.
 * @throws UnspeakableNumberError before anything is added to the cells; also where fields of rows may say less than there is
 */
export async function readNatively(
  { connection, asked, runs, signal }: TierReading,
  portion: Portion,
  source: QuerySource,
  columns: readonly NativeColumn[],
  stretches: readonly TierStretch[],
  cells: BucketCells,
): Promise<void> {
  const { plan, selection, catalogue } = asked;
  const [{ from, to }] = stretches as readonly [TierStretch];
  const domain = measurementOf(
    source,
    source === 'raw' ? measurementName(portion.domain) : rollupMeasurement(portion.domain, source),
  );
  const calls = [
    ...columns.map((name) => callOf(source, name, portion.metric)),
    ...(source !== 'raw' && columns.includes('sum') ? [sumsAtLimit(portion.metric)] : []),
  ];
  const selects = calls.map((call, i) => `${call} AS ${identifier(`c${i}`)}`);
  const all = stretches.length === portion.parts.length;
  const devices = [...new Set(stretches.map(({ series }) => catalogue.table.at(series).device))];
  const where = [...conditions(asked, portion), ...(all ? [] : [devicesCondition(devices)])];
  const statements = runs.flatMap((run) => {
    const [begin, end] = [Math.max(from, run.from), Math.min(to, run.to)];
    if (begin >= end) return [];
    const grid = run.grid === undefined ? [] : [bucketsOf(run.grid.origin, run.grid.length)];
    const groupBy = [...grid, ...groupNames(plan).map(columnOf)];
    const grouped =
      groupBy.length === 0 ? '' : ` GROUP BY ${groupBy.join(', ')}${grid.length > 0 ? ' fill(none)' : ''}`;
    return [`SELECT ${selects.join(', ')} FROM ${domain} WHERE ${allOf([...where, within(begin, end)])}${grouped}`];
  });
  const groups = new GroupFinder({ plan, selection, catalogue }, portion);
  const found: (readonly [group: number, begin: number, known: KnownMoments])[] = [];
  for await (const rows of connection.query(statements.join('; '), signal)) {
    const group = groups.find(rows);
    if (group === undefined) continue;
    for (const row of rows.values) {
      const numbers = row.slice(1) as (number | null)[];
      const known = knownOf(columns, numbers);
      const atLimit = numbers[columns.length] ?? 0;
      if (source !== 'raw' && (atLimit > 0 || Math.max(Math.abs(known.sum ?? 0), known.increase ?? 0) >= ABSURD))
        throw new UnspeakableNumberError('Rows of absurd values are added up one by one.');
      const begin = plan.buckets === undefined ? runs[0]!.from : (row[0] as number);
      if (known.count > 0) found.push([group, begin, known]);
    }
  }
  for (const [group, begin, known] of found) cells.at(group, begin).addKnown(known);
}

function callOf(source: QuerySource, name: NativeColumn, metric: string): string {
  if (source === 'raw') return `${name}(${field(fieldName(metric))})`;
  const call = name === 'min' || name === 'max' ? name : 'sum';
  return `${call}(${field(rowField(metric, name as RowField))})`;
}

/**
 * How many rows' sums may say less than there is: these can make up for each other, as increases can't. A field that hardly any
 * row has costs nothing to count.
 */
function sumsAtLimit(metric: string): string {
  return `count(${field(rowField(metric, SCALED_OF.sum))})`;
}

function knownOf(columns: readonly NativeColumn[], row: readonly (number | null)[]): KnownMoments {
  const of = (name: NativeColumn) => row[columns.indexOf(name)] ?? undefined;
  const count = of('count') ?? 0;
  const sum = of('sum');
  const deviation = count < 2 ? 0 : of('stddev');
  const [asksSum, asksDeviation] = [columns.includes('sum'), columns.includes('stddev')];
  // What went through infinity on its way InfluxDB says nothing of.
  if ((count > 0 && asksSum && sum === undefined) || (asksDeviation && deviation === undefined))
    throw new UnspeakableNumberError('A sum or a deviation went through infinity on its way.');
  return {
    count,
    sum,
    m2: asksDeviation ? squares(deviation!, count) : undefined,
    scaledM2: asksDeviation ? squares(deviation! / SQUARE_SCALE, count) : undefined,
    min: of('min'),
    max: of('max'),
    increase: of('increase'),
    increases: of('increases'),
  };
}

/** Of how far values lie from their mean, by the deviation of a sample. */
function squares(deviation: number, count: number): number {
  return deviation ** 2 * Math.max(0, count - 1);
}
