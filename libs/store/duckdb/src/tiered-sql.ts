import {
  SKETCH_KEY_SHIFT,
  SKETCH_LOG_BASE,
  SKETCH_LOG_MIDDLE,
  type QueryAggregate,
  type QueryPlan,
} from '@seawall/model';
import { isPercentile, type SelectedParts, type Selection, type TierPlan } from '@seawall/query';
import { bucketExpression } from './bucket-sql.ts';
import { expiredLastReadingsSql, INCREASE_WITHIN_MICROS, increasesSql } from './increases-sql.ts';
import {
  double,
  finite,
  partSquaresSql,
  scaledPartSquaresSql,
  scaledSumSql,
  SQUARE_SCALE,
  sumSql,
  SUM_SCALE,
} from './moments-sql.ts';
import { firstSql, hasRate, hasTies, lastSql, partsSql, rankSql, readingBucketSql } from './query-sql.ts';
import { readingsSql, type TimeRange } from './readings-sql.ts';
import { HOUR_MICROS, TIERS, type Tier } from './tiers.ts';

/** Readings are read in so many stretches of time at most. */
const MAX_WINDOWS = 6;

/**
 * The statement of a query that takes its answer from readings and rollups: each gives rows of a group and a bucket, with
 * what is needed of its readings, and these are put together. Its rows are those of `querySql`.
 */
export function tieredSql(plan: QueryPlan, selection: Selection, tiers: TierPlan, unsealed: boolean): string {
  const ties = hasTies(selection);
  const ranks = plan.aggregate.filter(isPercentile);
  const sources = TIERS.filter(({ name }) => tiers.parts[name].series.length > 0);
  const columns = columnsOf(plan.aggregate);
  const hasReadings = tiers.parts.raw.series.length > 0;
  const rows = [
    ...(hasReadings
      ? [
          `SELECT grp, place, ${columns.map((name) => fromReadings(name, ties)).join(', ')} FROM src GROUP BY grp, place`,
        ]
      : []),
    ...sources.map(
      (tier) =>
        `SELECT ${placed(plan, tier, tiers)}, ${columns.map((name) => fromRows(name, tier)).join(', ')} ${joined(tier.rollup, tier, tiers)}`,
    ),
  ];
  if (rows.length === 0)
    rows.push(`SELECT 0 AS grp, 0 AS place, ${columns.map((name) => `0 AS ${name}`).join(', ')} WHERE false`);
  const spread = plan.aggregate.includes('stddev');
  const values = plan.aggregate.map((name) => `${finalSql(name, ties)} AS ${name}`);
  return `WITH ${hasReadings ? `src AS NOT MATERIALIZED (${readingsOf(plan, tiers.parts.raw, unsealed)}), ` : ''}parts AS (${rows.join(' UNION ALL ')})
    ${spread ? `, middle AS (SELECT grp, place, ${MEAN_OF_PARTS} AS middle FROM parts GROUP BY grp, place)` : ''}
    ${ranks.length === 0 ? '' : `, ${rankedSql(plan, ranks, hasReadings, sources, tiers)}`}
    SELECT grp::UINTEGER AS grp, place::UINTEGER AS place, ${values.join(', ')} FROM parts
      ${spread ? 'JOIN middle USING (grp, place)' : ''} ${ranks.length === 0 ? '' : 'JOIN ranked USING (grp, place)'}
    GROUP BY grp, place ORDER BY grp, place LIMIT ${plan.limit + 1}`;
}

/** What is needed of the readings of a row: how many, their sum (and scaled, should that overflow), squares, and so on. */
type Column = 'n' | 's' | 't' | 'm2' | 'm2s' | 'lo' | 'hi' | 'f' | 'ft' | 'l' | 'lt' | 'inc';

function columnsOf(aggregates: readonly QueryAggregate[]): Column[] {
  const needed = new Set<Column>(['n']);
  const add = (...names: Column[]) => names.forEach((name) => needed.add(name));
  for (const name of aggregates) {
    if (name === 'sum' || name === 'mean') add('s', 't');
    else if (name === 'stddev') add('s', 't', 'm2', 'm2s');
    else if (name === 'min') add('lo');
    else if (name === 'max') add('hi');
    else if (name === 'first') add('f', 'ft');
    else if (name === 'last') add('l', 'lt');
    else if (name === 'rate') add('inc');
    else if (isPercentile(name)) add('lo', 'hi');
  }
  return [...needed];
}

function fromReadings(name: Column, ties: boolean): string {
  const of: Record<Column, string> = {
    n: 'count(*)::DOUBLE',
    s: 'fsum(value)',
    t: scaledSumSql(),
    m2: partSquaresSql(),
    m2s: scaledPartSquaresSql(),
    lo: 'min(value)',
    hi: 'max(value)',
    f: firstSql('value', 'time', ties),
    ft: 'min(time)',
    l: lastSql('value', 'time', ties),
    lt: 'max(time)',
    inc: `CASE WHEN count(increase) > 0 THEN ${sumSql('increase')} END`,
  };
  return `${of[name]} AS ${name}`;
}

function fromRows(name: Column, tier: Tier): string {
  const of: Record<Column, string> = {
    n: 'of.count::DOUBLE',
    s: 'of.sum',
    t: `coalesce(of.scaled_sum, of.sum * ${double(1 / SUM_SCALE)})`,
    m2: 'CASE WHEN of.scaled_m2 IS NULL THEN of.m2 END',
    m2s: 'of.scaled_m2',
    lo: 'of.min',
    hi: 'of.max',
    f: 'of.first',
    ft: `${begin(tier)} + of.first_at`,
    l: 'of.last',
    lt: `${begin(tier)} + of.last_at`,
    inc: 'of.increase',
  };
  return `${of[name]} AS ${name}`;
}

function finalSql(name: QueryAggregate, ties: boolean): string {
  switch (name) {
    case 'count':
      return 'sum(n)';
    case 'sum':
      return finite(SUM_OF_PARTS);
    case 'mean':
      return MEAN_OF_PARTS;
    case 'min':
      return 'min(lo)';
    case 'max':
      return 'max(hi)';
    case 'first':
      return firstSql('f', 'ft', ties);
    case 'last':
      return lastSql('l', 'lt', ties);
    case 'stddev':
      return stddevSql();
    case 'rate':
      return sumSql('inc');
    default:
      return `least(greatest(any_value(${name}), min(lo)), max(hi))`;
  }
}

const SUM_OF_PARTS = `CASE WHEN isfinite(fsum(s)) THEN fsum(s) ELSE fsum(t) * ${double(SUM_SCALE)} END`;

const MEAN_OF_PARTS = `CASE WHEN isfinite(fsum(s)) THEN fsum(s) / sum(n) ELSE fsum(t) / sum(n) * ${double(SUM_SCALE)} END`;

/** After Chan, Golub and LeVeque: the squares within the rows, and those of the rows' means; scaled where these overflow. */
function stddevSql(): string {
  const mean = `CASE WHEN isfinite(s) THEN s / n ELSE t / n * ${double(SUM_SCALE)} END`;
  const apart = `((${mean}) - middle)`;
  const squares = `(fsum(m2) + fsum(n * ${apart} * ${apart}))`;
  const scaledApart = `((${mean}) * ${double(1 / SQUARE_SCALE)} - middle * ${double(1 / SQUARE_SCALE)})`;
  const scaledOwn = `coalesce(m2s, m2 * ${double(1 / SQUARE_SCALE)} * ${double(1 / SQUARE_SCALE)})`;
  const scaled = `(fsum(${scaledOwn}) + fsum(n * ${scaledApart} * ${scaledApart}))`;
  const plain = `sqrt(${squares} / (sum(n) - 1))`;
  return finite(`CASE WHEN sum(n) < 2 THEN NULL WHEN count(m2) = count(*) AND isfinite(${squares}) THEN ${plain}
    ELSE sqrt(${scaled} / (sum(n) - 1)) * ${double(SQUARE_SCALE)} END`);
}

function begin({ stepMicros }: Tier): string {
  return `of.start::BIGINT * ${stepMicros}`;
}

function placed({ buckets }: QueryPlan, tier: Tier, tiers: TierPlan): string {
  const { grp } = pieces(tier, tiers);
  return `${grp} AS grp, ${bucketExpression(buckets, `(${begin(tier)})`)} AS place`;
}

/** The rows of a tier's table that the plan takes. */
function joined(table: string, tier: Tier, tiers: TierPlan): string {
  const { join, where } = pieces(tier, tiers);
  return `FROM ${table} AS of ${join} WHERE ${where}`;
}

function pieces(tier: Tier, tiers: TierPlan): { grp: string; join: string; where: string } {
  const parts = tiers.parts[tier.name];
  const name = `selection_${tier.name}`;
  const [from, to] = [least(parts.from) / tier.stepMicros, greatest(parts.to) / tier.stepMicros];
  const same = parts.from.every((at) => at === parts.from[0]) && parts.to.every((at) => at === parts.to[0]);
  const where = `of.start >= ${from} AND of.start < ${to}`;
  if (parts.series.length === 1)
    return { grp: String(parts.group[0]), join: '', where: `of.series = ${parts.series[0]} AND ${where}` };
  const own = same ? '' : ` AND ${begin(tier)} >= ${name}.lo AND ${begin(tier)} < ${name}.hi`;
  return {
    grp: `${name}.grp`,
    join: `JOIN ${partsSql(parts, name)} ON of.series = ${name}.series`,
    where: where + own,
  };
}

/** Readings with their group and bucket. */
function readingsOf(plan: QueryPlan, parts: SelectedParts, unsealed: boolean): string {
  const rate = hasRate(plan);
  const series = parts.series.length === 1 ? `= ${parts.series[0]}` : 'IN (SELECT series FROM picked)';
  const windows = windowsOf(parts).map((range) => windowSql(range, series, rate, unsealed));
  return `WITH picked AS (SELECT * FROM ${partsSql(parts, 'selection')})
    SELECT picked.grp AS grp, (${readingBucketSql(plan)})::UINTEGER AS place, raw.series AS series, raw.time AS time, raw.value AS value${rate ? ', raw.increase AS increase' : ''}
    FROM (${windows.join(' UNION ALL ')}) AS raw JOIN picked ON raw.series = picked.series
    WHERE raw.time >= picked.lo AND raw.time < picked.hi`;
}

function windowSql(range: TimeRange, series: string, rate: boolean, unsealed: boolean): string {
  if (!rate) return `SELECT series, time, minute, value FROM ${readingsSql(range, unsealed)} WHERE series ${series}`;
  const before = { from: range.from - INCREASE_WITHIN_MICROS, to: range.to };
  const [first, end] = [Math.floor(before.from / HOUR_MICROS), Math.ceil(range.to / HOUR_MICROS)];
  const seen = `(SELECT series, time, any_value(value) AS value FROM (
      SELECT series, time, value FROM ${readingsSql(before, unsealed)} UNION ALL ${expiredLastReadingsSql(first, end)}
    ) WHERE series ${series} GROUP BY series, time)`;
  return `SELECT * FROM ${increasesSql(seen)} WHERE time >= ${range.from}`;
}

/** Stretches of time that cover the parts, few enough to be read one by one. */
function windowsOf({ from, to }: SelectedParts): TimeRange[] {
  const ranges = Array.from(from, (at, i) => ({ from: at, to: to[i]! })).sort((a, b) => a.from - b.from);
  const windows: { from: number; to: number }[] = [];
  for (const range of ranges) {
    const last = windows.at(-1);
    if (last !== undefined && range.from <= last.to) last.to = Math.max(last.to, range.to);
    else windows.push({ ...range });
  }
  while (windows.length > MAX_WINDOWS) {
    const gaps = windows.slice(1).map((window, i) => window.from - windows[i]!.to);
    const at = gaps.indexOf(Math.min(...gaps));
    const [next] = windows.splice(at + 1, 1);
    windows[at]!.to = next!.to;
  }
  return windows;
}

/** The value of nearest rank of what readings and sketches hold together: exact where there are readings only. */
function rankedSql(
  { buckets }: QueryPlan,
  ranks: readonly `p${number}`[],
  hasReadings: boolean,
  sources: readonly Tier[],
  tiers: TierPlan,
): string {
  const size = `exp((abs(of.key) - ${SKETCH_KEY_SHIFT}) * ${double(SKETCH_LOG_BASE)} + ${double(SKETCH_LOG_MIDDLE)})`;
  const value = `CASE WHEN of.key = 0 THEN 0 WHEN of.key < 0 THEN -${size} ELSE ${size} END`;
  const entries = [
    ...(hasReadings ? ['SELECT grp, place, value, 1 AS count FROM src'] : []),
    ...sources.map(
      (tier) =>
        `SELECT ${placed({ buckets } as QueryPlan, tier, tiers)}, ${value} AS value, of.count AS count ${joined(tier.sketch, tier, tiers)}`,
    ),
  ];
  if (entries.length === 0) entries.push('SELECT 0 AS grp, 0 AS place, 0::DOUBLE AS value, 0 AS count WHERE false');
  const picked = ranks.map((name) => `min(value) FILTER (upto >= ${rankSql(name, 'n')}) AS ${name}`);
  return `entries AS (${entries.join(' UNION ALL ')}),
    counted AS (SELECT grp, place, value, sum(count) OVER (PARTITION BY grp, place ORDER BY value ROWS UNBOUNDED PRECEDING)::BIGINT AS upto,
      sum(count) OVER (PARTITION BY grp, place)::BIGINT AS n FROM entries),
    ranked AS (SELECT grp, place, ${picked.join(', ')} FROM counted GROUP BY grp, place)`;
}

function least(values: Float64Array): number {
  return values.reduce((a, b) => Math.min(a, b), Infinity);
}

function greatest(values: Float64Array): number {
  return values.reduce((a, b) => Math.max(a, b), -Infinity);
}
