import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { gridOf } from '@seawall/calendar';
import { answerSeriesKey, type Buckets, type Labels, type QueryAggregate, type QueryPlan } from '@seawall/model';
import { KEEP_FOR_GOOD, type Cursor, type SeriesStore, type StoreChange } from '@seawall/ports';
import { collect, planOf, readingsChange, type PlainReading, type WholeSeries } from '@seawall/ports/contract';
import { createMemorySeriesStore } from '@seawall/ports/memory';
import fc from 'fast-check';
import { expectEqual, noting } from './answers-fixture.ts';
import { openDuckDbStore } from './open-duckdb-store.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Days around a change of summer time in London, and plain days in Shanghai. */
const PLACES = [
  { timeZone: 'Europe/London', begin: Date.UTC(2016, 9, 28) },
  { timeZone: 'Europe/London', begin: Date.UTC(2016, 2, 25) },
  { timeZone: 'Asia/Shanghai', begin: Date.UTC(2016, 9, 28) },
  { timeZone: 'Australia/Lord_Howe', begin: Date.UTC(2016, 9, 1) },
] as const;
const STEPS = ['5m', '7m', '1h', '5h', '1d', '2d', '1w', '1M'];
const AGGREGATES: QueryAggregate[] = [
  'count',
  'sum',
  'mean',
  'min',
  'max',
  'first',
  'last',
  'stddev',
  'rate',
  'p1',
  'p25',
  'p50',
  'p90',
  'p99',
];

const place = fc.constantFrom(...PLACES);
const path = fc
  .tuple(fc.constantFrom('e', 'f'), fc.constantFrom('d1', 'd2', 'd3'), fc.constantFrom('m', 'n'))
  .map((parts) => parts.join('/'));
// Few distinct times and values, so that repeats and ties are common; an offset, so that sums are not trivial.
const value = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.integer({ min: -999, max: 999 }).map((n) => 1e6 + n / 10),
);
const offsetMs = fc.oneof(
  fc.integer({ min: 0, max: 12 }).map((n) => n * 11 * HOUR),
  fc.integer({ min: 0, max: 5 * DAY }).map((n) => n + 0.25),
);
const write = fc.array(fc.tuple(path, offsetMs, value), { minLength: 1, maxLength: 60 });
const labels = fc.record(
  { district: fc.constantFrom('x', 'y'), site: fc.constantFrom('s', '*') },
  { requiredKeys: ['district'] },
) as fc.Arbitrary<Labels>;
const spans = fc.tuple(
  fc.constantFrom('d1', 'd2', 'd3'),
  labels,
  fc.array(fc.tuple(offsetMs, labels), { maxLength: 3 }),
);
const world = fc.record({
  place,
  writes: fc.array(write, { minLength: 1, maxLength: 6 }),
  spans: fc.array(spans, { maxLength: 3 }),
  // Readings up to which a query is answered without the engine's aggregates: never, some of them, all.
  fewReadings: fc.constantFrom(0, 20, 10_000),
  // After each write: pieces of background work.
  pieces: fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 9, maxLength: 9 }),
});
const pattern = fc.constantFrom('x', 'y', '*', '!x', 'd*', '!d2', 's', '!*', 'unknown', 'e');
const question = fc.record({
  where: fc.dictionary(
    fc.constantFrom('district', 'site', 'device', 'domain'),
    fc.array(pattern, { minLength: 1, maxLength: 2 }),
    { maxKeys: 2 },
  ),
  groupBy: fc.uniqueArray(fc.constantFrom('district', 'site', 'device', 'domain')),
  aggregate: fc.subarray(AGGREGATES),
  step: fc.option(fc.constantFrom(...STEPS)),
  // Whole hours are where rollups come in.
  fromMs: fc.oneof(
    fc.integer({ min: -DAY, max: 2 * DAY }),
    fc.integer({ min: -24, max: 24 }).map((n) => n * HOUR),
  ),
  lengthMs: fc.oneof(
    fc.integer({ min: 1, max: 6 * DAY }),
    fc.integer({ min: 24, max: 144 }).map((n) => n * HOUR),
  ),
});

type World = typeof world extends fc.Arbitrary<infer T> ? T : never;
type Question = typeof question extends fc.Arbitrary<infer T> ? T : never;

let directory: string;
let opened = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'seawall-duckdb-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

function changesOf({ place: { begin }, writes, spans: histories }: World): StoreChange[] {
  const labelled = histories.map(([device, first, later]): StoreChange => {
    const changes = later
      .map(([offset, own]) => ({ from: Math.floor(begin + offset), labels: own }))
      .sort((a, b) => a.from - b.from);
    return { kind: 'labels', device, spans: [{ from: -Infinity, labels: first }, ...changes] };
  });
  const written = writes.map((readings, i) =>
    readingsChange(
      i + 1,
      readings.map(([of, offset, v]): PlainReading => [of, begin + offset, v]),
    ),
  );
  return [...labelled, ...written];
}

function bucketsOf(step: string, timeZone: string, from: number, to: number): Buckets {
  const grid = gridOf(step, timeZone);
  const starts = [grid.floor(from)];
  while (grid.next(starts.at(-1)!) < to) starts.push(grid.next(starts.at(-1)!));
  const end = grid.next(starts.at(-1)!);
  const stepMs = (starts[1] ?? end) - starts[0]!;
  const regular = [...starts, end].every((start, i) => start === starts[0]! + i * stepMs);
  return regular ? { kind: 'fixed', origin: starts[0]!, stepMs } : { kind: 'listed', starts, end };
}

function planFor(
  { place: { timeZone, begin } }: World,
  { fromMs, lengthMs, step, aggregate, groupBy, where }: Question,
): QueryPlan {
  const from = begin + fromMs;
  const to = from + lengthMs;
  const aggregated = aggregate.length > 0;
  const buckets = step !== null && aggregated ? { buckets: bucketsOf(step, timeZone, from, to), step } : {};
  return planOf({
    metrics: ['m', 'n'],
    where,
    from,
    to,
    timeZone,
    aggregate,
    groupBy: aggregated ? groupBy : [],
    limit: 100_000,
    ...buckets,
  });
}

async function inPages(store: SeriesStore, plan: QueryPlan, limit: number): Promise<WholeSeries[]> {
  const pages: WholeSeries[] = [];
  let after: QueryPlan['after'];
  for (;;) {
    const page = await collect(store.query({ ...plan, limit, ...(after && { after }) }));
    let room = limit;
    for (const series of page) {
      const keep = Math.min(room, series.time.length);
      if (keep === 0) break;
      room -= keep;
      const values = Object.fromEntries(
        Object.entries(series.values).map(([name, column]) => [name, column.slice(0, keep)]),
      );
      pages.push({ ...series, time: series.time.slice(0, keep), values });
      after = { series: answerSeriesKey(plan, series), time: series.time[keep - 1]! };
    }
    if (page.reduce((sum, { time }) => sum + time.length, 0) <= limit) return pages;
  }
}

/** Neighbours of one series put together again. */
function joined(plan: QueryPlan, pages: readonly WholeSeries[]): WholeSeries[] {
  const whole: WholeSeries[] = [];
  for (const page of pages) {
    const last = whole.at(-1);
    if (last !== undefined && answerSeriesKey(plan, last) === answerSeriesKey(plan, page)) {
      last.time.push(...page.time);
      for (const [name, column] of Object.entries(page.values)) last.values[name]!.push(...column);
    } else whole.push(page);
  }
  return whole;
}

describe('the DuckDB store', () => {
  it('answers what plain computation answers, whole and in pages, whatever was written how', async () => {
    const sources: string[] = [];
    await fc.assert(
      fc.asyncProperty(
        world,
        fc.array(question, { minLength: 4, maxLength: 4 }),
        fc.integer({ min: 1, max: 20 }),
        async (of, questions, limit) => {
          const plain = createMemorySeriesStore();
          const { fewReadings } = of;
          const store = await openDuckDbStore({ path: join(directory, `${opened++}.duckdb`), threads: 1, fewReadings });
          try {
            for (const [i, change] of changesOf(of).entries()) {
              for (const each of [plain, store])
                await each.write(
                  [{ ...change, ...(change.kind === 'readings' && { seq: i + 1 }) }],
                  String(i + 1) as Cursor,
                );
              for (let piece = of.pieces[i]!; piece > 0; piece--)
                await store.maintain({ now: of.place.begin + 30 * DAY, retention: KEEP_FOR_GOOD });
            }
            expect(await store.status()).toMatchObject({ readings: (await plain.status()).readings });
            expect((await store.series({}, { limit: 99 })).items).toEqual(
              (await plain.series({}, { limit: 99 })).items,
            );
            for (const asked of questions) {
              const plan = planFor(of, asked);
              const expected = await collect(plain.query(plan));
              expectEqual(await collect(noting(store.query(plan), sources)), expected);
              expectEqual(joined(plan, await inPages(store, plan, limit)), expected);
            }
          } finally {
            await store.close();
          }
        },
      ),
      { numRuns: 30 },
    );
    expect(new Set(sources)).toEqual(new Set(['raw', '1h']));
  }, 300_000);
});
