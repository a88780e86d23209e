import { BIGINT, UINTEGER, type DuckDBConnection, type DuckDBDataChunk } from '@duckdb/node-api';
import { bucketSeconds, SKETCH_RELATIVE_ERROR, type QueryChunk, type QueryPlan } from '@seawall/model';
import { isPercentile, type AnsweredSeries, type SelectedParts, type Selection, type TierPlan } from '@seawall/query';
import { appendColumns } from './append-columns.ts';
import { bigIntColumn } from './micros.ts';
import { isInline, querySql } from './query-sql.ts';
import { tieredSql } from './tiered-sql.ts';
import { TIERS } from './tiers.ts';
import { readColumn } from './vectors.ts';

const INTERRUPT_AGAIN_MS = 20;

/**
 * Runs a plan on a connection of its own.
 * @param tiers where rollups have a part in it; made within the transaction that the connection is in
 * @throws the signal's reason, whenever it aborts; the engine's errors
 */
export async function* runQuery(
  connection: DuckDBConnection,
  plan: QueryPlan,
  selection: Selection,
  signal: AbortSignal,
  tiers?: TierPlan,
): AsyncGenerator<QueryChunk> {
  if (selection.series.length === 0) return;
  const origin = originOf(plan, tiers);
  const release = interruptOnAbort(connection, signal);
  try {
    const statement = await prepare(connection, plan, selection, tiers);
    signal.throwIfAborted();
    const result = await connection.stream(statement);
    for (;;) {
      const rows = await result.fetchChunk();
      // An interrupted stream ends like a finished one.
      signal.throwIfAborted();
      if (rows === null || rows.rowCount === 0) return;
      yield* queryChunks(plan, selection, rows, origin);
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

/** What the answer was computed from, as each chunk says. */
type Origin = Pick<QueryChunk, 'source' | 'percentileError'>;

function originOf({ aggregate }: QueryPlan, tiers: TierPlan | undefined): Origin {
  if (tiers === undefined) return {};
  const sketched = tiers.source !== 'raw' && aggregate.some(isPercentile);
  return { source: tiers.source, ...(sketched && { percentileError: SKETCH_RELATIVE_ERROR }) };
}

/** Fills the temporary tables that the statement needs. @returns the statement */
async function prepare(
  connection: DuckDBConnection,
  plan: QueryPlan,
  selection: Selection,
  tiers: TierPlan | undefined,
): Promise<string> {
  if (tiers === undefined) {
    await fillParts(connection, 'selection', selection);
    return querySql(plan, selection);
  }
  const { parts, withheld } = tiers;
  await fillParts(connection, 'selection', parts.raw);
  for (const { name } of TIERS) await fillParts(connection, `selection_${name}`, parts[name]);
  if (withheld.length > 0) {
    await connection.run('CREATE TEMP TABLE withheld (grp UINTEGER, first BIGINT, last BIGINT)');
    const bounds = (of: 'first' | 'last') => bigIntColumn(Float64Array.from(withheld, (each) => each[of]));
    const groups = Uint32Array.from(withheld, ({ group }) => group);
    await appendColumns(connection, 'withheld', [UINTEGER, BIGINT, BIGINT], [groups, bounds('first'), bounds('last')]);
  }
  return tieredSql(plan, selection, tiers);
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
    yield { ...head(selection.groups[group[begin]!]!, selection), time, values, ...origin };
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
