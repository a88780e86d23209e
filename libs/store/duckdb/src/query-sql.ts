import { INCREASE_WITHIN_MS, microsOf, type QueryAggregate, type QueryPlan } from '@seawall/model';
import { isPercentile, type SelectedParts, type Selection } from '@seawall/query';
import { bucketExpression, edgesAreWhole } from './bucket-sql.ts';
import { increasesSql } from './increases-sql.ts';
import { meanSql, stddevSql, sumSql } from './moments-sql.ts';
import { readingsSql, type TimeRange } from './readings-sql.ts';
import { MINUTE_MICROS } from './tiers.ts';

/** Small selections stand in the statement itself, larger ones in a temporary table. */
const MAX_INLINE_PARTS = 16;

export function isInline({ series }: Pick<SelectedParts, 'series'>): boolean {
  return series.length <= MAX_INLINE_PARTS;
}

/**
 * The statements of a query, to be run one after the other. The last one answers: rows of group, place (event time in ms
 * for raw readings, else number of the bucket) and values, in the order of the answer, one more than the limit. Nothing
 * but numbers of ours gets into the text.
 * @param unsealed whether readings of the range may lie in `raw`
 * @param rescued whether sums that overflow are made anew from smaller values, for which every value is added twice;
 *   otherwise such a `sum` or `mean` comes out as no finite number
 */
export function querySql(
  plan: QueryPlan,
  selection: Selection,
  unsealed: boolean,
  rescued: boolean,
): readonly string[] {
  const order = `ORDER BY grp, place LIMIT ${plan.limit + 1}`;
  if (plan.aggregate.length === 0) {
    const values = plan.flags ? 'raw.value, raw.flags::DOUBLE' : 'raw.value';
    const place = 'raw.time::DOUBLE / 1000 AS place';
    return [`SELECT ${groupSql(selection)} AS grp, ${place}, ${values} ${source(plan, selection, unsealed)} ${order}`];
  }
  const src = `(
      SELECT ${groupSql(selection)} AS grp, (${readingBucketSql(plan)})::UINTEGER AS place, raw.time AS time, raw.value AS value${hasRate(plan) ? ', raw.increase AS increase' : ''}
      ${source(plan, selection, unsealed)}
    ) AS src`;
  const ties = hasTies(selection);
  if (needsRanks(plan)) {
    const [whole, settled] = rankedSql(plan.aggregate, src, ties, rescued);
    return [whole, `${settled} ${order}`];
  }
  const values = plan.aggregate.map((name) => aggregateExpression(name, ties, rescued));
  return [`SELECT grp, place, ${values.join(', ')} FROM ${src} GROUP BY grp, place ${order}`];
}

/** Whether the statements of a query leave a temporary table behind beside those of the selection. */
export function needsRanks({ aggregate }: QueryPlan): boolean {
  return aggregate.some(isPercentile);
}

/** The bucket of a reading; by its minute where that tells, as it is read sooner than the time. */
export function readingBucketSql(plan: QueryPlan): string {
  const { buckets, from } = plan;
  if (hasRate(plan) || from < 0 || !edgesAreWhole(buckets, MINUTE_MICROS)) return bucketExpression(buckets, 'raw.time');
  return bucketExpression(buckets, 'raw.minute', MINUTE_MICROS);
}

/** One part needs no join. */
function isOne({ series }: SelectedParts): boolean {
  return series.length === 1;
}

function groupSql(selection: SelectedParts): string {
  return isOne(selection) ? `${selection.group[0]}::UINTEGER` : 'selection.grp';
}

function source(plan: QueryPlan, selection: Selection, unsealed: boolean): string {
  const [from, to] = [microsOf(plan.from), microsOf(plan.to)];
  const narrowed = selection.from.some((time) => time !== from) || selection.to.some((time) => time !== to);
  const readings = hasRate(plan) ? withIncreases(plan, selection, unsealed) : readingsSql({ from, to }, unsealed);
  // The engine finds blocks by a number in the statement, but not by one that comes from a join.
  const only = isInline(selection) ? [`raw.series IN (${[...new Set(selection.series)].join(', ')})`] : [];
  const [lo, hi] = isOne(selection) ? [selection.from[0], selection.to[0]] : ['selection.lo', 'selection.hi'];
  const within = narrowed ? [`raw.time >= ${lo} AND raw.time < ${hi}`] : [];
  // What came before is read as well.
  const inRange = hasRate(plan) ? [`raw.time >= ${from}`] : [];
  const join = isOne(selection) ? '' : `JOIN ${partsSql(selection, 'selection')} ON raw.series = selection.series`;
  return `FROM ${readings} ${join}
    WHERE ${[...inRange, ...only, ...within].join(' AND ') || 'true'}`;
}

export function hasRate({ aggregate }: QueryPlan): boolean {
  return aggregate.includes('rate');
}

/** Where the readings lie that a plan needs, in microseconds. */
export function rangeRead(plan: QueryPlan): TimeRange {
  return { from: microsOf(hasRate(plan) ? plan.from - INCREASE_WITHIN_MS : plan.from), to: microsOf(plan.to) };
}

/** Each reading with the increase it ends, null where none came before it in time; that one may lie before the range. */
function withIncreases(plan: QueryPlan, selection: Selection, unsealed: boolean): string {
  const series = isInline(selection) ? [...new Set(selection.series)].join(', ') : 'SELECT series FROM selection';
  const seen = readingsSql(rangeRead(plan), unsealed);
  return `${increasesSql(`${seen} WHERE series IN (${series})`)} AS raw`;
}

/** Parts as a table of that name: with the columns series, grp, lo, hi. */
export function partsSql(parts: SelectedParts, name: string): string {
  if (!isInline(parts)) return name;
  const rows = Array.from(
    parts.series,
    (id, i) => `(${id}::UINTEGER, ${parts.group[i]}::UINTEGER, ${parts.from[i]}::BIGINT, ${parts.to[i]}::BIGINT)`,
  );
  return `(VALUES ${rows.join(', ')}) AS ${name} (series, grp, lo, hi)`;
}

/** Two readings of one group can have one event time only when the group has more than one series. */
export function hasTies({ series, group }: SelectedParts): boolean {
  const seriesOf = new Map<number, number>();
  return group.some((of, i) => {
    const other = seriesOf.get(of);
    seriesOf.set(of, series[i]!);
    return other !== undefined && other !== series[i]!;
  });
}

/**
 * For percentiles the engine finds a value near each rank, at it or one above: its own rank is ⌈np⌉. The groups in which
 * it is one above, which there may be none of, are looked at once more. In one statement the engine would keep all
 * readings meanwhile, and look the groups up for the readings instead of the other way round.
 */
function rankedSql(
  aggregates: readonly QueryAggregate[],
  src: string,
  ties: boolean,
  rescued: boolean,
): readonly [whole: string, settled: string] {
  const ranks = aggregates.filter(isPercentile);
  const near = aggregates.map((name) => `${aggregateExpression(name, ties, rescued)} AS "${name}"`);
  const above = ranks.map((name) => `${rankSql(name, 'n')} < (n * ${percentOf(name)} + 99) // 100`);
  const settled = ranks.map((name) => `${settledSql(name)} AS "${name}"`);
  const answered = aggregates.map((name) =>
    isPercentile(name) ? `coalesce(again."${name}", whole."${name}")` : `whole."${name}"`,
  );
  return [
    `CREATE OR REPLACE TEMP TABLE whole AS SELECT grp, place, count(*) AS n, ${near.join(', ')} FROM ${src} GROUP BY grp, place`,
    `WITH again AS (SELECT grp, place, ${settled.join(', ')} FROM ${src} JOIN (FROM whole WHERE ${above.join(' OR ')}) AS near USING (grp, place) GROUP BY grp, place)
    SELECT whole.grp AS grp, whole.place AS place, ${answered.join(', ')} FROM whole LEFT JOIN again USING (grp, place)`,
  ];
}

function percentOf(name: `p${number}`): number {
  return Number(name.slice(1));
}

function aggregateExpression(name: QueryAggregate, ties: boolean, rescued: boolean): string {
  switch (name) {
    case 'count':
      return 'count(*)::DOUBLE';
    case 'sum':
      return rescued ? sumSql() : 'fsum(value)';
    case 'mean':
      return rescued ? meanSql() : 'favg(value)';
    case 'min':
    case 'max':
      return `${name}(value)`;
    case 'first':
      return firstSql('value', 'time', ties);
    case 'last':
      return lastSql('value', 'time', ties);
    case 'stddev':
      return stddevSql();
    case 'rate':
      // The sum of the increases: how long a bucket lasts is known outside.
      return sumSql('increase');
    default:
      return `quantile_disc(value, ${percentOf(name) / 100})`;
  }
}

/** @param ties whether several may have one time, of which the greatest counts */
export function firstSql(value: string, time: string, ties: boolean): string {
  return ties ? `arg_min(${value}, {t: ${time}, v: -${value}})` : `arg_min(${value}, ${time})`;
}

export function lastSql(value: string, time: string, ties: boolean): string {
  return ties ? `arg_max(${value}, {t: ${time}, v: ${value}})` : `arg_max(${value}, ${time})`;
}

/** ⌊np + 0.5⌋, at least 1. */
export function rankSql(name: `p${number}`, n: string): string {
  return `greatest(1, (2 * ${n} * ${percentOf(name)} + 100) // 200)`;
}

/** The value at rank ⌊np + 0.5⌋, clamped to 1…n: the near one, or the greatest below it where it lies one rank above. */
function settledSql(name: `p${number}`): string {
  const below = `src.value < near."${name}"`;
  return `CASE WHEN count(*) FILTER (${below}) < ${rankSql(name, 'any_value(near.n)')} THEN any_value(near."${name}") ELSE max(src.value) FILTER (${below}) END`;
}
