/** A reading of one series, with what it grew by since the one before it; null where that is none, or over a day ago. */
export interface PlainReading {
  readonly domain: string;
  readonly device: string;
  readonly metric: string;
  readonly time: number;
  readonly value: number;
  readonly increase: number | null;
}

/** By the words of the contract. @param readings of one bucket, never none @param seconds it lasts within the range */
export function plainAggregateOf(name: string, readings: readonly PlainReading[], seconds: number): number | null {
  const values = readings.map(({ value }) => value);
  const n = values.length;
  const sum = values.reduce((a, b) => a + b, 0);
  switch (name) {
    case 'count':
      return n;
    case 'sum':
      return sum;
    case 'mean':
      return sum / n;
    case 'min':
      return Math.min(...values);
    case 'max':
      return Math.max(...values);
    case 'first':
      return atTime(readings, Math.min(...readings.map(({ time }) => time)));
    case 'last':
      return atTime(readings, Math.max(...readings.map(({ time }) => time)));
    case 'stddev':
      return n < 2 ? null : Math.sqrt(values.reduce((a, x) => a + (x - sum / n) ** 2, 0) / (n - 1));
    case 'rate': {
      const increases = readings.map(({ increase }) => increase).filter((increase) => increase !== null);
      return increases.length === 0 ? null : increases.reduce((a, b) => a + b, 0) / seconds;
    }
    default: {
      // ⌊np + 0.5⌋ in whole numbers.
      const rank = Math.floor((2 * n * Number(name.slice(1)) + 100) / 200);
      return values.sort((a, b) => a - b)[Math.min(n, Math.max(1, rank)) - 1]!;
    }
  }
}

/** On equal times the greatest value. */
function atTime(readings: readonly PlainReading[], at: number): number {
  return Math.max(...readings.filter(({ time }) => time === at).map(({ value }) => value));
}
