import {
  bucketSeconds,
  SKETCH_RELATIVE_ERROR,
  type QueryAggregate,
  type QueryChunk,
  type QueryPlan,
  type QuerySource,
} from '@seawall/model';
import { isPercentile, type TierPlan } from '@seawall/query';
import { AnswerChunks } from './answer-chunks.ts';
import { BucketCells } from './bucket-cells.ts';
import { bucketCount, bucketRuns, type BucketRun } from './bucket-runs.ts';
import type { InfluxConnection } from './influx-connection.ts';
import { portionsOf, type Portion } from './portions.ts';
import type { Asked } from './query-statements.ts';
import { UnspeakableNumberError } from './read-rows.ts';
import { bucketLabels } from './run-aggregates.ts';
import { nativeColumns, readNatively } from './tier-natively.ts';
import { readOneByOne } from './tier-one-by-one.ts';
import { alikeOf, SOURCES, stretchesByGroup, type TierStretch } from './tier-stretches.ts';

/** Points of an answer that are held at once. */
const HELD_POINTS = 50_000;
const GROUPS_AT_ONCE = 500;
/** Where every value is held for its rank. */
const RANKED_GROUPS_AT_ONCE = 20;
/** Stretches that many series have alike are answered by InfluxDB's aggregates, in so many statements at most. */
const NATIVE_STATEMENTS = 8;

/** What reading a portion's stretches takes. */
export interface TierReading {
  readonly connection: InfluxConnection;
  readonly asked: Asked;
  readonly runs: readonly BucketRun[];
  readonly signal: AbortSignal;
  /** By domain: before this moment (microseconds) readings have expired; absent where none have. */
  readonly expired: ReadonlyMap<string, number>;
}

/** Puts an answer together from readings and rollups, portion by portion. */
export async function* runTiered(reading: Omit<TierReading, 'runs'>, tiers: TierPlan): AsyncGenerator<QueryChunk> {
  const { plan, selection } = reading.asked;
  const runs = bucketRuns(plan);
  const ranked = plan.aggregate.some(isPercentile);
  const most = ranked ? RANKED_GROUPS_AT_ONCE : GROUPS_AT_ONCE;
  const maxGroups = Math.min(most, Math.max(1, Math.floor(HELD_POINTS / bucketCount(runs))));
  const answer = new AnswerChunks(plan, selection);
  const origin = originOf(plan, tiers);
  const labelOf = bucketLabels(plan);
  const bySource = new Map(SOURCES.map((source) => [source, stretchesByGroup(tiers, source)]));
  for (const portion of portionsOf(plan, selection, maxGroups)) {
    const cells = new BucketCells();
    for (const [source, stretches] of bySource) {
      const own = portion.groups.flatMap((group) => stretches.get(group) ?? []);
      if (own.length > 0) await readStretches({ ...reading, runs }, portion, source, own, cells);
    }
    for (const group of portion.groups) {
      const buckets = cells.of(group);
      if (buckets.length === 0) continue;
      const time = Float64Array.from(buckets, ([begin]) => labelOf(begin));
      const valueOf = (name: QueryAggregate) =>
        Float64Array.from(buckets, ([, cell], i) => cell.value(name, bucketSeconds(plan, time[i]!)));
      yield { ...answer.chunk(group, time, plan.aggregate.map(valueOf)), ...origin };
      reading.signal.throwIfAborted();
      if (answer.room === 0) return;
    }
  }
}

async function readStretches(
  reading: TierReading,
  portion: Portion,
  source: QuerySource,
  stretches: readonly TierStretch[],
  cells: BucketCells,
): Promise<void> {
  const columns = nativeColumns(source, reading.asked.plan.aggregate);
  const alike = alikeOf(stretches);
  const native = columns === undefined ? [] : alike.slice(0, NATIVE_STATEMENTS);
  const rest: TierStretch[] = alike.slice(native.length).flat();
  for (const set of native) {
    try {
      await readNatively(reading, portion, source, columns!, set, cells);
    } catch (error) {
      // A sum that no double holds is put together here.
      if (!(error instanceof UnspeakableNumberError)) throw error;
      rest.push(...set);
    }
  }
  if (rest.length > 0) await readOneByOne(reading, portion, source, rest, cells);
}

/** What the answer was computed from, as each chunk says. */
function originOf({ aggregate }: QueryPlan, { source }: TierPlan): Pick<QueryChunk, 'source' | 'percentileError'> {
  const sketched = source !== 'raw' && aggregate.some(isPercentile);
  return { source, ...(sketched && { percentileError: SKETCH_RELATIVE_ERROR }) };
}
