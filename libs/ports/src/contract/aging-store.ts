import { expect } from '@jest/globals';
import type { QueryAggregate, QueryChunk, QueryPlan } from '@seawall/model';
import type { Retention } from '../retention.ts';
import { HOUR, planOf, T0, type PlainReading, type StoreHarness, type WholeSeries } from './series-store-harness.ts';

export const MINUTE = 60_000;
export const DAY = 24 * HOUR;
export const ALL: readonly QueryAggregate[] = ['count', 'sum', 'mean', 'min', 'max', 'first', 'last', 'stddev', 'rate'];
/** Everything here is older than this. */
export const NOW = T0 + 40 * DAY;
/** Readings go, at the begin of a day; what is made of them stays. */
export const READINGS_EXPIRE: Retention = { raw: { '*': 30 * DAY }, '1m': {}, '1h': {} };
export const HOURS_STAY: Retention = { raw: { '*': 30 * DAY }, '1m': { '*': 30 * DAY }, '1h': {} };
export const NOTHING_STAYS: Retention = { raw: { '*': 30 * DAY }, '1m': { '*': 30 * DAY }, '1h': { '*': 30 * DAY } };
/** With NOW. */
export const EXPIRED = T0 + 10 * DAY;

/** Three days of two devices, some of them after what expires, with ties, drops and gaps, a reading every 7 minutes. */
export function days(from = EXPIRED - 2 * DAY): PlainReading[] {
  const length = Math.floor((3 * DAY) / (7 * MINUTE));
  return Array.from({ length }, (_, i): PlainReading[] => [
    ['e/a/m', from + i * 7 * MINUTE, ((i * 37) % 100) / 10 - 3],
    ...(i % 5 === 0 ? [] : [['e/b/m', from + i * 7 * MINUTE, 20 + (i % 13)] as const]),
  ]).flat();
}

/**
 * Counters that go up by one an hour: a is read every 6 hours, b every 21 (so that some readings stand alone in what is left of
 * a day), and c is new a day after the moment before which readings expire.
 */
export function counters(): PlainReading[] {
  const read = (device: string, from: number, everyHours: number): PlainReading[] =>
    Array.from({ length: Math.ceil((EXPIRED + 5 * DAY - from) / (everyHours * HOUR)) }, (_, i) => {
      const at = from + i * everyHours * HOUR;
      return [`e/${device}/m`, at, (at - T0) / HOUR];
    });
  return [
    ...read('a', EXPIRED - 5 * DAY + HOUR, 6),
    ...read('b', EXPIRED + 13 * HOUR - 7 * 21 * HOUR, 21),
    ...read('c', EXPIRED + DAY, 6),
  ];
}

export type Question = ReturnType<typeof asked>;
/** By device, then by bucket. */
export type Rates = ReadonlyMap<string, Map<number, number>>;

export function since(rates: Rates, begin: number): Rates {
  return new Map([...rates].map(([device, of]) => [device, new Map([...of].filter(([at]) => at >= begin))]));
}

export function asked(stepMs: number, over: Partial<QueryPlan> = {}): Partial<QueryPlan> {
  const buckets = { kind: 'fixed', origin: T0, stepMs } as const;
  const range = { from: T0, to: NOW };
  return { ...range, buckets, step: `${stepMs}ms`, aggregate: ALL, limit: 1_000_000, ...over };
}

/** Rounding aside; in a test of ten thousand values each call of `expect` would cost more than what it looks at. */
function isClose(value: number, other: number): boolean {
  if (Number.isNaN(other)) return Number.isNaN(value);
  return value === other || Math.abs(value - other) < 5e-8;
}

/** A store whose readings and rollups grow old, as it looks to whoever asks. */
export class AgingStore {
  readonly #harness: StoreHarness;

  constructor(harness: StoreHarness) {
    this.#harness = harness;
  }

  /** Works in the background until there is no more to do. */
  async keep(retention: Retention, now = NOW): Promise<void> {
    while (await this.#harness.store.maintain({ now, retention }));
  }

  async chunks(over: Partial<QueryPlan>): Promise<QueryChunk[]> {
    const found: QueryChunk[] = [];
    for await (const chunk of this.#harness.store.query(planOf(over))) found.push(chunk);
    return found;
  }

  async rates(over: Question): Promise<Rates> {
    return new Map(
      (await this.#harness.answer(over)).map(({ labels, time, values }) => {
        const rounded = values['rate']!.map((of) => Math.round(of * 1e12) / 1e12);
        return [labels['device'] ?? '', new Map(time.map((at, i) => [at, rounded[i]!]))];
      }),
    );
  }

  /** By device: the buckets that are marked partial, of those that have any. */
  async marked(over: Question): Promise<Record<string, number[]>> {
    return Object.fromEntries(
      (await this.chunks(over)).flatMap(({ labels, partial }) =>
        partial === undefined ? [] : [[labels['device'] ?? '', [...partial].sort((a, b) => a - b)]],
      ),
    );
  }
}

/** Equal but for rounding. */
export function expectSame(found: readonly WholeSeries[], wanted: readonly WholeSeries[]): void {
  expect(found.map(({ values: _, ...head }) => head)).toEqual(wanted.map(({ values: _, ...head }) => head));
  const different = found.flatMap(({ values }, i) =>
    Object.entries(values).flatMap(([name, column]) => {
      const others = wanted[i]!.values[name]!;
      const at = [...column.keys()].filter((j) => !isClose(column[j]!, others[j]!));
      return at.map((j) => ({ series: i, name, bucket: j, value: column[j], other: others[j] }));
    }),
  );
  expect(different).toEqual([]);
}
