import {
  BIGINT,
  UINTEGER,
  type DuckDBConnection,
  type DuckDBDataChunk,
  type DuckDBMaterializedResult,
  type DuckDBResult,
} from '@duckdb/node-api';
import { bucketSeconds, SKETCH_RELATIVE_ERROR, type QueryChunk, type QueryPlan } from '@seawall/model';
import { isPercentile, type SelectedParts, type Selection, type TierPlan } from '@seawall/query';
import { bucketStarts, headOf } from './answered-chunk.ts';
import { appendColumns } from './append-columns.ts';
import { fewReadingsAnswer, fewReadingsSql } from './few-readings.ts';
import { bigIntColumn } from './micros.ts';
import { isInline, needsRanks, querySql } from './query-sql.ts';
import { streamedChunks } from './streamed-chunks.ts';
import { tieredSql } from './tiered-sql.ts';
import { TIERS } from './tiers.ts';
import type { UnsealedWatch } from './unsealed-bounds.ts';
import { readColumn } from './vectors.ts';

const INTERRUPT_AGAIN_MS = 20;
/** An answer with no more points is taken from the engine whole, which is one call into it instead of five and more. */
const MOST_TAKEN_WHOLE = 131_072;

/** A plan with what the store has found out about it. */
export interface ResolvedQuery {
  readonly plan: QueryPlan;
  readonly selection: Selection;
  /** Where rollups have a part in it; made within the transaction that the connection is in. */
  readonly tiers?: TierPlan;
  /** Of the range that is read, since before the connection's snapshot began. */
  readonly unsealed: Pick<UnsealedWatch, 'touched'>;
  /** Up to so many readings are fetched as they are, see `expectsFew`; 0: the engine aggregates in any case. */
  readonly few: number;
}

/** Temporary tables are left behind by rolling back, and what becomes of a stream is told by its transaction. */
export function needsTransaction(plan: QueryPlan, selection: Selection): boolean {
  return plan.limit >= MOST_TAKEN_WHOLE || !isInline(selection) || needsRanks(plan);
}

/**
 * Runs a query on a connection that it has for itself, in a transaction if `needsTransaction` says so or rollups have a part in it.
 * @throws the signal's reason, whenever it aborts; the engine's errors
 */
export async function* runQuery(
  connection: DuckDBConnection,
  query: ResolvedQuery,
  signal: AbortSignal,
): AsyncGenerator<QueryChunk> {
  const release = interruptOnAbort(connection, signal);
  try {
    const few = query.few > 0 ? await fetchFew(connection, query) : undefined;
    signal.throwIfAborted();
    yield* few === undefined
      ? aggregated(connection, query, signal)
      : fewReadingsAnswer(query.plan, query.selection, few);
  } catch (error) {
    // Whatever the engine says of it, it was stopped.
    signal.throwIfAborted();
    throw error;
  } finally {
    release();
  }
}

/** An interrupt before a statement has begun is forgotten by the engine, so it is repeated until the work has ended. */
function interruptOnAbort(connection: DuckDBConnection, signal: AbortSignal): () => void {
  let again: NodeJS.Timeout | undefined;
  const interrupt = () => {
    connection.interrupt();
    again = setInterval(() => connection.interrupt(), INTERRUPT_AGAIN_MS);
  };
  signal.addEventListener('abort', interrupt, { once: true });
  return () => {
    signal.removeEventListener('abort', interrupt);
    clearInterval(again);
  };
}

/** @returns undefined if they are not few after all */
async function fetchFew(
  connection: DuckDBConnection,
  { plan, selection, unsealed, few }: ResolvedQuery,
): Promise<DuckDBMaterializedResult | undefined> {
  const fetched = await whereTheyLie(unsealed, (both) => connection.run(fewReadingsSql(plan, selection, both, few)));
  return fetched.rowCount > few ? undefined : fetched;
}

/**
 * What a statement answers that reads `raw` beside `sealed` only where it must.
 * @param run of such a statement; its snapshot has begun when it resolves
 */
async function whereTheyLie<T>(unsealed: ResolvedQuery['unsealed'], run: (both: boolean) => Promise<T>): Promise<T> {
  const both = unsealed.touched;
  const result = await run(both);
  // Readings of the range may have come into `raw` before the snapshot.
  return !both && unsealed.touched ? run(true) : result;
}

async function* aggregated(
  connection: DuckDBConnection,
  query: ResolvedQuery,
  signal: AbortSignal,
): AsyncGenerator<QueryChunk> {
  const { plan, selection, tiers, unsealed } = query;
  const origin = originOf(plan, tiers);
  await fillTables(connection, query);
  const prepare = async (both: boolean, rescued: boolean) => {
    const statements =
      tiers === undefined ? querySql(plan, selection, both, rescued) : [tieredSql(plan, selection, tiers, both)];
    for (const statement of statements.slice(0, -1)) await connection.run(statement);
    return statements.at(-1)!;
  };
  const answer = (rescued: boolean) =>
    whereTheyLie(unsealed, async (both) => connection.run(await prepare(both, rescued)));
  signal.throwIfAborted();
  let result: DuckDBResult;
  if (plan.limit < MOST_TAKEN_WHOLE) {
    const whole = await answer(false);
    result = tiers === undefined && hasOverflown(plan, whole) ? await answer(true) : whole;
  } else {
    result = await whereTheyLie(unsealed, async (both) => connection.stream(await prepare(both, true)));
  }
  for await (const rows of chunksOf(connection, result, signal)) yield* queryChunks(plan, selection, rows, origin);
}

/** Whether a sum, that of a mean included, is no finite number. */
function hasOverflown({ aggregate }: QueryPlan, whole: DuckDBMaterializedResult): boolean {
  const places = aggregate.flatMap((name, i) => (name === 'sum' || name === 'mean' ? [i + 2] : []));
  if (places.length === 0) return false;
  for (let at = 0, { chunkCount } = whole; at < chunkCount; at++) {
    const chunk = whole.getChunk(at);
    if (places.some((place) => !readColumn<Float64Array>(chunk, place).every(Number.isFinite))) return true;
  }
  return false;
}

async function* chunksOf(
  connection: DuckDBConnection,
  result: DuckDBResult | DuckDBMaterializedResult,
  signal: AbortSignal,
): AsyncGenerator<DuckDBDataChunk> {
  signal.throwIfAborted();
  if ('getChunk' in result) for (let at = 0, { chunkCount } = result; at < chunkCount; at++) yield result.getChunk(at);
  else
    for await (const rows of streamedChunks(connection, result)) {
      signal.throwIfAborted();
      yield rows;
    }
  signal.throwIfAborted();
}

/** What the answer was computed from, as each chunk says. */
type Origin = Pick<QueryChunk, 'source' | 'percentileError'>;

function originOf({ aggregate }: QueryPlan, tiers: TierPlan | undefined): Origin {
  if (tiers === undefined) return {};
  const sketched = tiers.source !== 'raw' && aggregate.some(isPercentile);
  return { source: tiers.source, ...(sketched && { percentileError: SKETCH_RELATIVE_ERROR }) };
}

/** The temporary tables that the statement needs. */
async function fillTables(connection: DuckDBConnection, { selection, tiers }: ResolvedQuery): Promise<void> {
  if (tiers === undefined) return fillParts(connection, 'selection', selection);
  const { parts } = tiers;
  await fillParts(connection, 'selection', parts.raw);
  for (const { name } of TIERS) await fillParts(connection, `selection_${name}`, parts[name]);
}

async function fillParts(connection: DuckDBConnection, table: string, parts: SelectedParts): Promise<void> {
  if (isInline(parts)) return;
  const { series, group, from, to } = parts;
  await connection.run(`CREATE TEMP TABLE ${table} (series UINTEGER, grp UINTEGER, lo BIGINT, hi BIGINT)`);
  const columns = [series, group, bigIntColumn(from), bigIntColumn(to)];
  await appendColumns(connection, table, [UINTEGER, UINTEGER, BIGINT, BIGINT], columns);
}

/** Splits rows into runs of one answered series. The engine's memory is gone with the chunk, so columns are copied. */
function* queryChunks(
  plan: QueryPlan,
  selection: Selection,
  rows: DuckDBDataChunk,
  origin: Origin,
): Generator<QueryChunk> {
  const group = readColumn<Uint32Array>(rows, 0);
  const names = plan.aggregate.length > 0 ? plan.aggregate : plan.flags ? ['value', 'flags'] : ['value'];
  const columns = names.map((name, i) => [name, readColumn<Float64Array>(rows, i + 2)] as const);
  const place = readColumn<Float64Array | Uint32Array>(rows, 1);
  for (let begin = 0, end = 0; begin < group.length; begin = end) {
    while (end < group.length && group[end] === group[begin]) end++;
    const time = timesOf(plan, place.slice(begin, end));
    const values = Object.fromEntries(columns.map(([name, items]) => [name, items.slice(begin, end)]));
    // Of a rate the engine gave the increase.
    values['rate']?.forEach((increase, i, rate) => (rate[i] = increase / bucketSeconds(plan, time[i]!)));
    yield { ...headOf(selection, group[begin]!), time, values, ...origin };
  }
}

/** Event times come as doubles, numbers of buckets as integers. */
function timesOf(plan: QueryPlan, place: Float64Array | Uint32Array): Float64Array {
  return place instanceof Float64Array ? place : bucketStarts(plan, place);
}
