import { bucketBegin, type BucketRun } from './bucket-runs.ts';
import { INCREASE_WITHIN_MICROS, Increases } from './increase-of.ts';
import type { InfluxConnection } from './influx-connection.ts';
import { decodeName, DEVICE_TAG } from './influx-names.ts';
import type { Portion } from './portions.ts';
import { readingsStatement, type Asked } from './query-statements.ts';
import { ReadingMoments } from './reading-moments.ts';

/** A stretch of a device's readings, and the group that it answers into; whole microseconds. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly group: number;
}

/** By group, then by the begin of the bucket in microseconds. */
export type MomentsByBucket = ReadonlyMap<number, ReadonlyMap<number, ReadingMoments>>;

/** Reads a portion's readings one device after the other, and holds no more of them than the moments of each bucket. */
export async function computeFromReadings(
  connection: InfluxConnection,
  asked: Asked,
  portion: Portion,
  runs: readonly BucketRun[],
  signal: AbortSignal,
): Promise<MomentsByBucket> {
  const moments = new Map(portion.groups.map((group) => [group, new Map<number, ReadingMoments>()]));
  const stretches = stretchesOf(asked, portion);
  const hasRate = asked.plan.aggregate.includes('rate');
  const statement = readingsStatement(asked, portion, hasRate ? portion.from - INCREASE_WITHIN_MICROS : portion.from);
  let device: string | undefined;
  let increases = new Increases();
  for await (const { tags, values } of connection.query(statement, signal)) {
    const of = decodeName(tags[DEVICE_TAG]!);
    // A device's rows may come in several pieces.
    if (of !== device) [device, increases] = [of, new Increases()];
    const own = stretches.get(of) ?? [];
    let at = 0;
    for (const [micros, value] of values as readonly (readonly [number, number])[]) {
      const increase = increases.endedBy(micros, value);
      while (at < own.length && own[at]!.to <= micros) at++;
      const stretch = own[at];
      if (stretch !== undefined && micros >= stretch.from) {
        const buckets = moments.get(stretch.group)!;
        const begin = beginOf(runs, micros);
        const bucket = buckets.get(begin) ?? new ReadingMoments();
        buckets.set(begin, bucket);
        bucket.add(micros, value, increase);
      }
    }
  }
  return moments;
}

function stretchesOf({ selection, catalogue }: Asked, { parts }: Portion): ReadonlyMap<string, readonly Stretch[]> {
  const { series, group, from, to } = selection;
  const stretches = new Map<string, Stretch[]>();
  for (const part of parts) {
    const { device } = catalogue.table.at(series[part]!);
    const own = stretches.get(device) ?? [];
    stretches.set(device, own);
    own.push({ from: from[part]!, to: to[part]!, group: group[part]! });
  }
  for (const own of stretches.values()) own.sort((a, b) => a.from - b.from);
  return stretches;
}

/** The begin of the bucket that holds a moment. */
export function beginOf(runs: readonly BucketRun[], micros: number): number {
  let at = 0;
  while (at < runs.length - 1 && micros >= runs[at]!.to) at++;
  return bucketBegin(runs[at]!, micros);
}
