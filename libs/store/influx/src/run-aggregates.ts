import {
  answerSeriesKey,
  bucketSeconds,
  microsOf,
  type QueryAggregate,
  type QueryChunk,
  type QueryPlan,
} from '@seawall/model';
import { isPercentile, selectSeries } from '@seawall/query';
import { AnswerChunks } from './answer-chunks.ts';
import { bucketCount, bucketRuns, type BucketRun } from './bucket-runs.ts';
import { columnFrom } from './column-from.ts';
import { computeFromReadings, type MomentsByBucket } from './compute-from-readings.ts';
import type { InfluxConnection } from './influx-connection.ts';
import { decodeName, DEVICE_TAG, tagName } from './influx-names.ts';
import { groupNames, isInfluxOrder, portionsOf, type Portion } from './portions.ts';
import { aggregateStatement, type Asked, type NativeAggregate } from './query-statements.ts';
import { UnspeakableNumberError, type Rows } from './read-rows.ts';
import type { ComputedAggregate } from './reading-moments.ts';

/** Points of an answer that are held at once, where they can't be passed on as they come. */
const HELD_POINTS = 50_000;
const GROUPS_AT_ONCE = 500;

/** Aggregates of a plan: passed on as InfluxDB computes them where that is what was asked for, else put together first. */
export async function* runAggregates(
  connection: InfluxConnection,
  asked: Asked,
  signal: AbortSignal,
): AsyncGenerator<QueryChunk> {
  const answer = new AnswerChunks(asked.plan, asked.selection);
  const runs = bucketRuns(asked.plan);
  const computed = asked.plan.aggregate.filter((name) => name === 'rate');
  if (computed.length > 0 || runs.length !== 1 || !isInfluxOrder(asked.plan, asked.selection)) {
    yield* putTogether(connection, asked, runs, answer, signal);
    return;
  }
  let after = asked.plan.after;
  try {
    for await (const chunk of passedOn(connection, asked, runs[0]!, answer, signal)) {
      if (chunk.time.length > 0) after = { series: answerSeriesKey(asked.plan, chunk), time: chunk.time.at(-1)! };
      yield chunk;
    }
  } catch (error) {
    if (!(error instanceof UnspeakableNumberError)) throw error;
    // From here on, in portions, of which those that InfluxDB has no words for are computed here.
    const plan: QueryPlan = { ...asked.plan, ...(after && { after }) };
    const rest = { ...asked, plan, selection: selectSeries(asked.catalogue, plan, asked.where) };
    yield* putTogether(connection, rest, runs, answer.goingOn(rest.selection), signal);
  }
}

async function* passedOn(
  connection: InfluxConnection,
  asked: Asked,
  run: BucketRun,
  answer: AnswerChunks,
  signal: AbortSignal,
): AsyncGenerator<QueryChunk> {
  const { plan, selection } = asked;
  const names = plan.aggregate as readonly NativeAggregate[];
  const asking = withCompanions(names);
  const labelOf = bucketLabels(plan);
  for (const portion of portionsOf(plan, selection, Infinity)) {
    const statement = aggregateStatement(asked, portion, run, asking, answer.room);
    if (statement === undefined) continue;
    const groups = new GroupFinder(asked, portion);
    for await (const rows of connection.query(statement, signal)) {
      const group = groups.find(rows);
      if (group === undefined) continue;
      const counted = countedRows(rows, asking);
      const time = columnFrom(counted, (row) => labelOf(row[0] as number));
      const columns = names.map((name) => columnFrom(counted, (row) => cellOf(row, asking, name)));
      if (time.length === 0) continue;
      yield answer.chunk(group, time, columns);
      signal.throwIfAborted();
      if (answer.room === 0) return;
    }
  }
}

/** Portion by portion, so that of a large answer a bounded part is held. */
async function* putTogether(
  connection: InfluxConnection,
  asked: Asked,
  runs: readonly BucketRun[],
  answer: AnswerChunks,
  signal: AbortSignal,
): AsyncGenerator<QueryChunk> {
  const { plan, selection } = asked;
  const maxGroups = Math.min(GROUPS_AT_ONCE, Math.max(1, Math.floor(HELD_POINTS / bucketCount(runs))));
  const labelOf = bucketLabels(plan);
  for (const portion of portionsOf(plan, selection, maxGroups)) {
    const points = await pointsOf(connection, asked, portion, runs, signal);
    for (const group of portion.groups) {
      const buckets = [...(points.get(group) ?? [])].sort(([a], [b]) => a - b);
      if (buckets.length === 0) continue;
      const time = Float64Array.from(buckets, ([begin]) => labelOf(begin));
      const columns = plan.aggregate.map((_, i) => Float64Array.from(buckets, ([, values]) => values[i]!));
      yield answer.chunk(group, time, columns);
      signal.throwIfAborted();
      if (answer.room === 0) return;
    }
  }
}

/** By group, then by the begin of the bucket in microseconds: a value for each aggregate of the plan. */
type Points = ReadonlyMap<number, ReadonlyMap<number, readonly number[]>>;

async function pointsOf(
  connection: InfluxConnection,
  asked: Asked,
  portion: Portion,
  runs: readonly BucketRun[],
  signal: AbortSignal,
): Promise<Points> {
  try {
    const computed = asked.plan.aggregate.filter((name) => name === 'rate');
    return await pointsComputing(computed, connection, asked, portion, runs, signal);
  } catch (error) {
    if (!(error instanceof UnspeakableNumberError)) throw error;
    const computed = asked.plan.aggregate.filter((name) => !isPercentile(name)) as ComputedAggregate[];
    return pointsComputing(computed, connection, asked, portion, runs, signal);
  }
}

/** @param computed of the plan's aggregates, those that are computed here */
async function pointsComputing(
  computed: readonly ComputedAggregate[],
  connection: InfluxConnection,
  asked: Asked,
  portion: Portion,
  runs: readonly BucketRun[],
  signal: AbortSignal,
): Promise<Points> {
  const { plan } = asked;
  const native = plan.aggregate.filter((name) => !computed.includes(name as ComputedAggregate)) as NativeAggregate[];
  const asking = withCompanions(native);
  const rows = native.length === 0 ? undefined : await nativeRows(connection, asked, portion, runs, asking, signal);
  const moments =
    computed.length === 0 ? undefined : await computeFromReadings(connection, asked, portion, runs, signal);
  const labelOf = bucketLabels(plan);
  const valueOf = (name: QueryAggregate, group: number, begin: number) =>
    computed.includes(name as ComputedAggregate)
      ? (moments
          ?.get(group)
          ?.get(begin)
          ?.value(name as ComputedAggregate, bucketSeconds(plan, labelOf(begin))) ?? NaN)
      : cellOf(rows!.get(group)!.get(begin)!, asking, name as NativeAggregate);
  return new Map(
    portion.groups.map((group) => {
      const begins = [...begunIn(group, rows, moments)];
      return [
        group,
        new Map(begins.map((begin) => [begin, plan.aggregate.map((name) => valueOf(name, group, begin))])),
      ];
    }),
  );
}

type NativeRows = ReadonlyMap<number, ReadonlyMap<number, Rows['values'][number]>>;

function begunIn(group: number, rows: NativeRows | undefined, moments: MomentsByBucket | undefined): Iterable<number> {
  return (rows ?? moments!).get(group)?.keys() ?? [];
}

async function nativeRows(
  connection: InfluxConnection,
  asked: Asked,
  portion: Portion,
  runs: readonly BucketRun[],
  asking: readonly NativeAggregate[],
  signal: AbortSignal,
): Promise<NativeRows> {
  const found = new Map(portion.groups.map((group) => [group, new Map<number, Rows['values'][number]>()]));
  const groups = new GroupFinder(asked, portion);
  const statements = runs.flatMap(
    (run) => aggregateStatement(asked, portion, run, asking, Number.MAX_SAFE_INTEGER) ?? [],
  );
  const whole = asked.plan.buckets === undefined;
  if (statements.length === 0) return found;
  for await (const rows of connection.query(statements.join('; '), signal)) {
    const group = groups.find(rows);
    if (group === undefined) continue;
    for (const row of countedRows(rows, asking)) found.get(group)!.set(whole ? runs[0]!.from : (row[0] as number), row);
  }
  return found;
}

/** Tells which group of a portion rows belong to. */
export class GroupFinder {
  readonly #plan: QueryPlan;
  readonly #portion: Portion;
  readonly #names: readonly string[];
  readonly #groups: ReadonlyMap<string, number>;

  constructor({ plan, selection }: Asked, portion: Portion) {
    this.#plan = plan;
    this.#portion = portion;
    this.#names = groupNames(plan);
    this.#groups = new Map(portion.groups.map((group) => [answerSeriesKey(plan, selection.groups[group]!), group]));
  }

  /** @returns undefined for what has come since the plan was resolved */
  find({ tags }: Rows): number | undefined {
    const labels = Object.fromEntries(
      this.#names.flatMap((name) => {
        const stored = tags[name === 'device' ? DEVICE_TAG : tagName(name)];
        return stored === undefined || stored === '' ? [] : [[name, decodeName(stored)]];
      }),
    );
    return this.#groups.get(answerSeriesKey(this.#plan, { ...this.#portion, labels }));
  }
}

/**
 * What is asked for besides: InfluxDB has no percentile of so few readings that its rank would be 0, where ours is the least of
 * them; and it says nothing of the deviation of one reading, just as where this is no number on its way.
 */
function withCompanions(names: readonly NativeAggregate[]): readonly NativeAggregate[] {
  const mayLack = (name: NativeAggregate) => isPercentile(name) && Number(name.slice(1)) < 50; // of one reading, and more
  const besides = new Set(names);
  if (names.some(mayLack)) besides.add('min');
  if (names.includes('stddev')) besides.add('count');
  return [...besides];
}

function cellOf(row: Rows['values'][number], asked: readonly NativeAggregate[], name: NativeAggregate): number {
  const cell = row[asked.indexOf(name) + 1] as number | null | undefined;
  if (cell !== null && cell !== undefined) return cell;
  return isPercentile(name) ? cellOf(row, asked, 'min') : NaN;
}

/**
 * The rows that say something. Asked in steps, as it is here, InfluxDB answers none where there is no reading; so a sum or a
 * mean that it says nothing of went through infinity on its way, and was no number any more. To ask for a count as well
 * would double what a mean takes.
 * @throws UnspeakableNumberError
 */
function countedRows({ values }: Rows, asked: readonly NativeAggregate[]): readonly Rows['values'][number][] {
  const [count, deviation] = [asked.indexOf('count') + 1, asked.indexOf('stddev') + 1];
  const sums = asked.flatMap((name, i) => (name === 'sum' || name === 'mean' ? [i + 1] : []));
  for (const row of values) {
    const isLost =
      sums.some((i) => row[i] === null) || (deviation > 0 && row[deviation] === null && Number(row[count]) > 1);
    if (isLost) throw new UnspeakableNumberError('A sum, a mean or a deviation went through infinity on its way.');
  }
  return values.filter((row) => isCounted(row, asked));
}

/** Without a step InfluxDB answers a row of nothing where there is nothing. */
function isCounted(row: Rows['values'][number], asked: readonly NativeAggregate[]): boolean {
  return asked.some(
    (_, i) => row[i + 1] !== null && row[i + 1] !== undefined && !(asked[i] === 'count' && row[i + 1] === 0),
  );
}

/** The time that stands for a bucket in an answer, by its begin in microseconds. */
export function bucketLabels({ buckets, from }: QueryPlan): (micros: number) => number {
  if (buckets === undefined) return () => from;
  if (buckets.kind === 'listed') {
    const starts = new Map(buckets.starts.map((start) => [microsOf(start), start]));
    return (micros) => starts.get(micros) ?? micros / 1000;
  }
  const [origin, length] = [microsOf(buckets.origin), microsOf(buckets.stepMs)];
  return (micros) => buckets.origin + Math.round((micros - origin) / length) * buckets.stepMs;
}
