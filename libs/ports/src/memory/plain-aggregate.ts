import { INCREASE_WITHIN_MS, type QueryAggregate } from '@seawall/model';

/** A power of two: values divided by it can be added up, and lose nothing worth keeping. */
const SCALE = 2 ** 64;

interface PlainReading {
  /** Epoch ms. */
  readonly time: number;
  readonly value: number;
  /** Over the reading before it of its series; undefined where that is none, or too long ago. */
  readonly increase: number | undefined;
}

/** A counter that reads less than before has begun again from 0; what it had come to by then, nobody knows. */
export function increaseOf(
  before: Pick<PlainReading, 'time' | 'value'> | undefined,
  { time, value }: Pick<PlainReading, 'time' | 'value'>,
): number | undefined {
  if (before === undefined || time - before.time > INCREASE_WITHIN_MS) return undefined;
  return value >= before.value ? value - before.value : Math.max(0, value);
}

/**
 * One aggregate over the readings of a bucket, computed in the plainest way; NaN for what no number can say.
 * @param seconds of the bucket, of its part within the range
 */
export function plainAggregate(name: QueryAggregate, readings: readonly PlainReading[], seconds: number): number {
  const values = readings.map(({ value }) => value).sort((a, b) => a - b);
  const n = values.length;
  const atTime = (time: number) =>
    Math.max(...readings.filter((reading) => reading.time === time).map(({ value }) => value));
  switch (name) {
    case 'count':
      return n;
    case 'sum':
      return sumOf(values);
    case 'mean':
      return meanOf(values);
    case 'min':
      return values[0]!;
    case 'max':
      return values[n - 1]!;
    case 'first':
      return atTime(Math.min(...readings.map(({ time }) => time)));
    case 'last':
      return atTime(Math.max(...readings.map(({ time }) => time)));
    case 'stddev':
      return stddevOf(values);
    case 'rate':
      return rateOf(readings, seconds);
    default:
      return values[Math.min(n, Math.max(1, Math.floor((n * Number(name.slice(1))) / 100 + 0.5))) - 1]!;
  }
}

function rateOf(readings: readonly PlainReading[], seconds: number): number {
  const increases = readings.flatMap(({ increase }) => (increase === undefined ? [] : [increase]));
  return increases.length === 0 ? NaN : sumOf(increases) / seconds;
}

/** What no double can hold is NaN; what only its way there can't hold is right all the same. */
function sumOf(values: readonly number[]): number {
  return finite(scaledSum(values) * SCALE);
}

function meanOf(values: readonly number[]): number {
  return (scaledSum(values) / values.length) * SCALE;
}

/** By the largest deviation, so that squares neither overflow nor vanish. */
function stddevOf(values: readonly number[]): number {
  if (values.length < 2) return NaN;
  const mean = meanOf(values);
  const largest = Math.max(...values.map((value) => Math.abs(value / SCALE - mean / SCALE)));
  if (largest === 0) return 0;
  const squares = values.reduce((sum, value) => sum + ((value / SCALE - mean / SCALE) / largest) ** 2, 0);
  return finite(Math.sqrt(squares / (values.length - 1)) * largest * SCALE);
}

function scaledSum(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value / SCALE, 0);
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : NaN;
}
