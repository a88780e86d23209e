import { answerSeriesKey, type QueryChunk } from '@seawall/model';
import { AnswerChunks } from './answer-chunks.ts';
import { columnFrom } from './column-from.ts';
import { readFirsts } from './first-readings.ts';
import type { InfluxConnection } from './influx-connection.ts';
import { decodeName, DEVICE_TAG } from './influx-names.ts';
import { portionsOf, type Portion } from './portions.ts';
import { rawStatement, type Asked } from './query-statements.ts';
import type { Rows } from './read-rows.ts';
import { expiredReadings, planTiers, tellExpired, type TierPlan, type TierView } from '@seawall/query';
import { runTiered } from './run-tiered.ts';
import { mayUseTiers, tierView } from './tier-view.ts';
import type { Rollups } from './rollups.ts';
import { runAggregates } from './run-aggregates.ts';

/** So many raw series are asked for at once: an answer that is cut off early has cost no more. */
const SERIES_AT_ONCE = 500;

/** Answers a plan in chunks. @throws what `InfluxConnection.query` throws; the signal's reason */
export async function* runQuery(
  connection: InfluxConnection,
  asked: Asked,
  rollups: Rollups,
  signal: AbortSignal,
): AsyncGenerator<QueryChunk> {
  const { plan, selection, catalogue } = asked;
  if (plan.aggregate.length === 0) {
    const expired = expiredReadings(plan, selection, rollups.kept);
    yield* tellExpired(plan, selection, expired, runRaw(connection, asked, signal));
    return;
  }
  if (mayUseTiers(plan, selection, rollups)) {
    const noted = tierView(plan, selection, catalogue, rollups);
    const view = { ...noted, firsts: await readFirsts(connection, asked, noted.kept, signal) };
    const tiers = planTiers(plan, selection, view);
    yield* tellExpired(plan, selection, tiers.expired, runPlanned(connection, asked, view, tiers, signal));
    return;
  }
  yield* runAggregates(connection, asked, signal);
}

function runPlanned(
  connection: InfluxConnection,
  asked: Asked,
  { kept }: TierView,
  tiers: TierPlan,
  signal: AbortSignal,
): AsyncGenerator<QueryChunk> {
  const hasIncreases = asked.plan.aggregate.includes('rate') && kept.size > 0;
  // What is about to be removed would still be there for InfluxDB's aggregates.
  if (tiers.source === 'raw' && !hasIncreases && tiers.expired.before.size === 0)
    return runAggregates(connection, asked, signal);
  const expired = new Map([...kept].flatMap(([domain, { raw }]) => (raw === undefined ? [] : [[domain, raw]])));
  return runTiered({ connection, asked, signal, expired }, tiers);
}

async function* runRaw(connection: InfluxConnection, asked: Asked, signal: AbortSignal): AsyncGenerator<QueryChunk> {
  const { plan, selection } = asked;
  const answer = new AnswerChunks(plan, selection);
  for (const portion of portionsOf(plan, selection, SERIES_AT_ONCE)) {
    const numbers = numbersOf(asked, portion);
    for await (const rows of connection.query(rawStatement(asked, portion, answer.room), signal)) {
      const device = rows.tags[DEVICE_TAG];
      const group =
        device === undefined
          ? portion.groups[0]
          : numbers.get(answerSeriesKey(plan, { ...portion, labels: { device: decodeName(device) } }));
      if (group === undefined) continue;
      const [time, columns] = columnsOf(rows, plan.flags === true);
      yield answer.chunk(group, time, columns);
      signal.throwIfAborted();
      if (answer.room === 0) return;
    }
  }
}

/** The numbers of a portion's groups, by their keys. */
export function numbersOf({ plan, selection }: Asked, portion: Portion): ReadonlyMap<string, number> {
  return new Map(portion.groups.map((group) => [answerSeriesKey(plan, selection.groups[group]!), group]));
}

function columnsOf({ values }: Rows, flags: boolean): readonly [Float64Array, readonly Float64Array[]] {
  const rows = values as readonly (readonly (number | null)[])[];
  const time = columnFrom(rows, (row) => row[0]! / 1000);
  const value = columnFrom(rows, (row) => row[1]!);
  return [time, flags ? [value, columnFrom(rows, (row) => row[2] ?? 0)] : [value]];
}
