/** What stands in one bucket, by plain arithmetic over its readings. */
export interface PlainBucket {
  readonly count: number;
  readonly sum: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  readonly first: number;
  readonly last: number;
  /** n − 1; NaN of one reading. */
  readonly stddev: number;
  /** Per second; NaN where no reading of the bucket has one before it within a day. */
  readonly rate: number;
}

export type PlainAggregate = keyof PlainBucket;

const DAY_MS = 86_400_000;

/** @param time epoch ms, ascending; of one series, and all it has @returns by start of bucket */
export function plainBuckets(
  time: readonly number[],
  value: readonly number[],
  stepMs: number,
): Map<number, PlainBucket> {
  const buckets = new Map<number, PlainBucket>();
  for (let at = 0; at < time.length;) {
    const start = Math.floor(time[at]! / stepMs) * stepMs;
    let end = at + 1;
    while (end < time.length && time[end]! < start + stepMs) end++;
    buckets.set(start, plainBucket(time, value, at, end, stepMs));
    at = end;
  }
  return buckets;
}

function plainBucket(
  time: readonly number[],
  value: readonly number[],
  from: number,
  to: number,
  stepMs: number,
): PlainBucket {
  const values = value.slice(from, to);
  const count = values.length;
  const sum = values.reduce((a, b) => a + b, 0);
  const mean = sum / count;
  const squares = values.reduce((a, b) => a + (b - mean) ** 2, 0);
  const increases = values.flatMap((_, i) => increaseAt(time, value, from + i));
  return {
    count,
    sum,
    mean,
    min: Math.min(...values),
    max: Math.max(...values),
    first: values[0]!,
    last: values.at(-1)!,
    stddev: count < 2 ? NaN : Math.sqrt(squares / (count - 1)),
    rate: increases.length === 0 ? NaN : increases.reduce((a, b) => a + b, 0) / (stepMs / 1000),
  };
}

/** A drop is a counter that began again at 0. None over more than a day. */
function increaseAt(time: readonly number[], value: readonly number[], at: number): number[] {
  if (at === 0 || time[at]! - time[at - 1]! > DAY_MS) return [];
  const [before, now] = [value[at - 1]!, value[at]!];
  return [now >= before ? now - before : Math.max(0, now)];
}
