import { BIGINT, UINTEGER, type DuckDBConnection, type DuckDBDataChunk } from '@duckdb/node-api';
import { bucketSeconds, type QueryChunk, type QueryPlan } from '@seawall/model';
import { appendColumns } from './append-columns.ts';
import { bigIntColumn } from './micros.ts';
import { isInline, querySql, SELECTION_TABLE } from './query-sql.ts';
import type { AnsweredSeries, Selection } from './selection.ts';
import { readColumn } from './vectors.ts';

const INTERRUPT_AGAIN_MS = 20;

/**
 * Runs a plan on a connection of its own.
 * @throws the signal's reason, whenever it aborts; the engine's errors
 */
export async function* runQuery(
  connection: DuckDBConnection,
  plan: QueryPlan,
  selection: Selection,
  signal: AbortSignal,
): AsyncGenerator<QueryChunk> {
  if (selection.series.length === 0) return;
  const release = interruptOnAbort(connection, signal);
  try {
    if (!isInline(selection)) await fillSelection(connection, selection);
    signal.throwIfAborted();
    const result = await connection.stream(querySql(plan, selection));
    for (;;) {
      const rows = await result.fetchChunk();
      // An interrupted stream ends like a finished one.
      signal.throwIfAborted();
      if (rows === null || rows.rowCount === 0) return;
      yield* queryChunks(plan, selection, rows);
    }
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

async function fillSelection(connection: DuckDBConnection, { series, group, from, to }: Selection): Promise<void> {
  await connection.run(SELECTION_TABLE);
  const columns = [series, group, bigIntColumn(from), bigIntColumn(to)];
  await appendColumns(connection, 'selection', [UINTEGER, UINTEGER, BIGINT, BIGINT], columns);
}

/** Splits rows into runs of one answered series. The engine's memory is gone with the chunk, so columns are copied. */
function* queryChunks(plan: QueryPlan, selection: Selection, rows: DuckDBDataChunk): Generator<QueryChunk> {
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
    yield { ...head(selection.groups[group[begin]!]!, selection), time, values };
  }
}

function head(
  { domain, metric, unit, labels }: AnsweredSeries,
  { labelNames }: Selection,
): Omit<QueryChunk, 'time' | 'values'> {
  return { domain, metric, unit, labels, ...(labelNames && { labelNames }) };
}

function timesOf({ buckets, from }: QueryPlan, place: Float64Array | Uint32Array): Float64Array {
  // Event times come as doubles, numbers of buckets as integers.
  if (place instanceof Float64Array) return place;
  if (buckets === undefined) return new Float64Array(place.length).fill(from);
  if (buckets.kind === 'listed') return Float64Array.from(place, (index) => buckets.starts[index]!);
  return Float64Array.from(place, (index) => buckets.origin + index * buckets.stepMs);
}
