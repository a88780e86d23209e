import type { DuckDBMaterializedResult } from '@duckdb/node-api';
import type { QueryChunk, QueryPlan } from '@seawall/model';
import { aggregateStretch, type StretchAggregate } from './aggregate-stretch.ts';
import { bucketStarts, headOf } from './answered-chunk.ts';
import { edgesAreWhole } from './bucket-sql.ts';
import type { Catalogue } from './catalogue.ts';
import { isInline } from './query-sql.ts';
import { SEALED_COLUMNS, SEALED_VALUES } from './readings-sql.ts';
import { bucketAt, type SelectedParts, type Selection } from '@seawall/query';
import { MINUTE_MICROS } from './tiers.ts';
import { readColumn } from './vectors.ts';

/**
 * Whether a plan is likely to need so few readings that they are fetched as they are, and put in order and aggregated
 * here: for some thousand the engine takes longer to plan and to start its sorting and grouping than these take.
 */
export function expectsFew(plan: QueryPlan, selection: Selection, catalogue: Catalogue, most: number): boolean {
  if (!isInline(selection) || plan.aggregate.includes('rate')) return false;
  const { counts, latest, oldest } = catalogue;
  let expected = 0;
  selection.series.forEach((id, i) => {
    const end = latest.micros(id);
    const asked = Math.min(selection.to[i]!, end) - Math.max(selection.from[i]!, oldest);
    expected += asked <= 0 ? 0 : (counts.of(id) * asked) / (end - oldest);
  });
  return expected < most;
}

/** The statement that fetches them, one more than `most` if there are more. */
export function fewReadingsSql(plan: QueryPlan, selection: Selection, unsealed: boolean, most: number): string {
  const names = columnNames(plan, selection);
  const ids = [...new Set(selection.series)];
  const picked = ids.length === 1 ? `series = ${ids[0]}` : `series IN (${ids.join(', ')})`;
  const [from, to] = [Math.min(...selection.from), Math.max(...selection.to)];
  const minutes = `minute >= ${Math.floor(from / MINUTE_MICROS)} AND minute < ${Math.ceil(to / MINUTE_MICROS)}`;
  const sealed = `SELECT ${names.join(', ')} FROM sealed WHERE ${picked} AND ${minutes}`;
  if (!unsealed) return `${sealed} LIMIT ${most + 1}`;
  const raw = `(SELECT ${SEALED_VALUES} FROM raw WHERE ${picked} AND time >= ${from} AND time < ${to}) AS raw (${SEALED_COLUMNS})`;
  const alike = names.map((name) => (name in TYPES ? `${name}::${TYPES[name]}` : name));
  return `SELECT * FROM (${sealed} UNION ALL SELECT ${alike.join(', ')} FROM ${raw}) LIMIT ${most + 1}`;
}

/** Of `sealed`, where the arithmetic of times gives wider ones. */
const TYPES: Readonly<Record<string, string>> = { minute: 'INTEGER', milli: 'USMALLINT', micro: 'USMALLINT' };

/** What is fetched of each reading: the engine takes a while for each column. */
function columnNames(plan: QueryPlan, selection: Selection): string[] {
  return [
    ...(isOneSeries(selection) ? [] : ['series']),
    'minute',
    ...(isByMinute(plan, selection) ? [] : ['milli', 'micro']),
    'value',
    ...(plan.flags === true ? ['flags'] : []),
  ];
}

function isOneSeries({ series }: SelectedParts): boolean {
  return series.every((id) => id === series[0]);
}

/** Whether its minute tells all that matters of a reading's time. */
function isByMinute({ aggregate, buckets }: QueryPlan, { from, to }: SelectedParts): boolean {
  if (aggregate.length === 0 || aggregate.includes('first') || aggregate.includes('last')) return false;
  const isWhole = (at: number) => at % MINUTE_MICROS === 0;
  return edgesAreWhole(buckets, MINUTE_MICROS) && from.every(isWhole) && to.every(isWhole);
}

/** The answer made of what `fewReadingsSql` fetched. */
export function* fewReadingsAnswer(
  plan: QueryPlan,
  selection: Selection,
  fetched: DuckDBMaterializedResult,
): Generator<QueryChunk> {
  const readings = inOrder(gather(plan, selection, fetched));
  const { group } = readings;
  let room = plan.limit + 1;
  for (let begin = 0, end = 0; begin < group.length && room > 0; begin = end) {
    while (end < group.length && group[end] === group[begin]) end++;
    const answer =
      plan.aggregate.length === 0
        ? asTheyAre(plan, readings, begin, Math.min(end, begin + room))
        : aggregated(plan, readings, begin, end, room);
    room -= answer.time.length;
    yield { ...headOf(selection, group[begin]!), ...answer };
  }
}

/** Parallel columns; the time in whole microseconds. */
interface Readings {
  readonly group: Uint32Array;
  readonly time: Float64Array;
  readonly value: Float64Array;
  readonly flags: Uint8Array;
}

/** Each reading under the group of the part it lies in; those that lie in none are left out. */
function gather(plan: QueryPlan, selection: Selection, fetched: DuckDBMaterializedResult): Readings {
  const { rowCount, chunkCount } = fetched;
  const names = columnNames(plan, selection);
  const partsOf = partsBySeries(selection);
  const only = partsOf.get(selection.series[0]!)!;
  const readings = emptyReadings(rowCount);
  let length = 0;
  for (let at = 0; at < chunkCount; at++) {
    const chunk = fetched.getChunk(at);
    const column = <T>(name: string) =>
      (names.includes(name) ? readColumn(chunk, names.indexOf(name)) : undefined) as T | undefined;
    const series = column<Uint32Array>('series');
    const minute = column<Int32Array>('minute')!;
    const milli = column<Uint16Array>('milli');
    const micro = column<Uint16Array>('micro');
    const value = column<Float64Array>('value')!;
    const flags = column<Uint8Array>('flags');
    for (let i = 0; i < value.length; i++) {
      const time = minute[i]! * MINUTE_MICROS + (milli?.[i] ?? 0) * 1000 + (micro?.[i] ?? 0);
      const part = partAt(series === undefined ? only : partsOf.get(series[i]!)!, selection, time);
      if (part === undefined) continue;
      readings.group[length] = selection.group[part]!;
      readings.time[length] = time;
      readings.value[length] = value[i]!;
      readings.flags[length++] = flags?.[i] ?? 0;
    }
  }
  return cut(readings, 0, length);
}

function emptyReadings(length: number): Readings {
  return {
    group: new Uint32Array(length),
    time: new Float64Array(length),
    value: new Float64Array(length),
    flags: new Uint8Array(length),
  };
}

function partsBySeries({ series }: SelectedParts): ReadonlyMap<number, readonly number[]> {
  const parts = new Map<number, number[]>();
  series.forEach((id, part) => {
    const others = parts.get(id);
    if (others === undefined) parts.set(id, [part]);
    else others.push(part);
  });
  return parts;
}

function partAt(parts: readonly number[], { from, to }: SelectedParts, time: number): number | undefined {
  for (const part of parts) if (time >= from[part]! && time < to[part]!) return part;
  return undefined;
}

/** By group, then time. */
function inOrder(readings: Readings): Readings {
  const { group, time, value, flags } = readings;
  const compare = (a: number, b: number) => group[a]! - group[b]! || time[a]! - time[b]!;
  // In every other series time runs backwards.
  if (group.length > 1 && compare(0, 1) > 0) for (const column of [group, time, value, flags]) column.reverse();
  let ordered = 1;
  while (ordered < group.length && compare(ordered - 1, ordered) <= 0) ordered++;
  if (ordered >= group.length) return readings;
  // They come in runs that are in order, forwards or backwards, which this method of sorting makes use of.
  const places = [...group.keys()].sort(compare);
  const moved = emptyReadings(group.length);
  places.forEach((from, to) => {
    moved.group[to] = group[from]!;
    moved.time[to] = time[from]!;
    moved.value[to] = value[from]!;
    moved.flags[to] = flags[from]!;
  });
  return moved;
}

function cut({ group, time, value, flags }: Readings, begin: number, end: number): Readings {
  return {
    group: group.subarray(begin, end),
    time: time.subarray(begin, end),
    value: value.subarray(begin, end),
    flags: flags.subarray(begin, end),
  };
}

type Points = Pick<QueryChunk, 'time' | 'values'>;

function asTheyAre(plan: QueryPlan, readings: Readings, begin: number, end: number): Points {
  const { time, value, flags } = cut(readings, begin, end);
  const values = { value, ...(plan.flags === true && { flags: Float64Array.from(flags) }) };
  return { time: time.map((micros) => micros / 1000), values };
}

/** Of one group, no more than `room` buckets. */
function aggregated(plan: QueryPlan, { time, value }: Readings, from: number, to: number, room: number): Points {
  const numbers: number[] = [];
  const columns = plan.aggregate.map((name) => [name as StretchAggregate, [] as number[]] as const);
  for (let begin = from, end = from; begin < to && numbers.length < room; begin = end) {
    const bucket = bucketAt(plan.buckets, time[begin]!);
    while (end < to && bucketAt(plan.buckets, time[end]!) === bucket) end++;
    numbers.push(bucket);
    const stretch = { value, time, begin, end };
    for (const [name, column] of columns) column.push(aggregateStretch(name, stretch));
  }
  return {
    time: bucketStarts(plan, Uint32Array.from(numbers)),
    values: Object.fromEntries(columns.map(([name, column]) => [name, Float64Array.from(column)])),
  };
}
