import type { RecordedSeries } from './recording.ts';
import { bucketStart, type Zone } from './zone.ts';

/** Aggregates as the contract defines them; `null` where there is none (the deviation of one value). */
export type Aggregates = Readonly<Record<string, number | null>>;

export interface ReferenceBucket {
  readonly aggregates: Aggregates;
  /** mean |x|, which the tolerance is measured by. */
  readonly meanMagnitude: number;
}

/** By bucket start, epoch ms. */
export type ReferenceBuckets = ReadonlyMap<number, ReferenceBucket>;

export const AGGREGATES = [
  'count',
  'sum',
  'mean',
  'min',
  'max',
  'first',
  'last',
  'stddev',
  'p5',
  'p50',
  'p95',
] as const;

const PERCENTILES = { p5: 0.05, p50: 0.5, p95: 0.95 };

/** Buckets of local days, or of steps from local midnight on, over one or more series put together. */
export function referenceBuckets(zone: Zone, series: readonly RecordedSeries[], stepMs: number): ReferenceBuckets {
  const readings = new Map<number, { time: number; value: number }[]>();
  for (const { time, value } of series) {
    time.forEach((t, i) => {
      const start = bucketStart(zone, t, stepMs);
      const bucket = readings.get(start);
      if (bucket === undefined) readings.set(start, [{ time: t, value: value[i]! }]);
      else bucket.push({ time: t, value: value[i]! });
    });
  }
  return new Map([...readings].sort(([a], [b]) => a - b).map(([start, bucket]) => [start, aggregate(bucket)]));
}

function aggregate(readings: readonly { readonly time: number; readonly value: number }[]): ReferenceBucket {
  const values = readings.map(({ value }) => value);
  const n = values.length;
  if (n === 1) return aggregateOfOne(values[0]!);
  const sorted = [...values].sort((a, b) => a - b);
  const sum = exactSum(values);
  const mean = sum / n;
  const squares = exactSum(values.map((value) => (value - mean) ** 2));
  const percentiles = Object.entries(PERCENTILES).map(([name, p]): [string, number] => [
    name,
    sorted[Math.min(n, Math.max(1, Math.floor(n * p + 0.5))) - 1]!,
  ]);
  return {
    aggregates: {
      count: n,
      sum,
      mean,
      min: sorted[0]!,
      max: sorted[n - 1]!,
      first: greatestAt(readings, Math.min(...readings.map(({ time }) => time))),
      last: greatestAt(readings, Math.max(...readings.map(({ time }) => time))),
      stddev: n > 1 ? Math.sqrt(squares / (n - 1)) : null,
      ...(Object.fromEntries(percentiles) as Aggregates),
    },
    meanMagnitude: exactSum(values.map(Math.abs)) / n,
  };
}

function aggregateOfOne(value: number): ReferenceBucket {
  const same = AGGREGATES.map((name): [string, number | null] => [name, value]);
  return {
    aggregates: { ...Object.fromEntries(same), count: 1, stddev: null },
    meanMagnitude: Math.abs(value),
  };
}

/** first and last on equal times: the greatest value. */
function greatestAt(readings: readonly { readonly time: number; readonly value: number }[], time: number): number {
  return Math.max(...readings.filter((reading) => reading.time === time).map(({ value }) => value));
}

/** Neumaier's compensated sum: what is compared with must not be the less exact of the two. */
function exactSum(values: readonly number[]): number {
  let sum = 0;
  let lost = 0;
  for (const value of values) {
    const next = sum + value;
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  return sum + lost;
}

/** The contract's tolerance: 1e-9 × max(1, |a|, mean |x|), for sums n × mean |x|. */
export function agrees(name: string, answered: number | null, { aggregates, meanMagnitude }: ReferenceBucket): boolean {
  const expected = aggregates[name] ?? null;
  if (expected === null || answered === null) return expected === answered;
  const scale = name === 'sum' ? meanMagnitude * (aggregates.count ?? 1) : meanMagnitude;
  return Math.abs(answered - expected) <= 1e-9 * Math.max(1, Math.abs(expected), scale);
}
