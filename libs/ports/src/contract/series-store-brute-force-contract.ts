import { describe, expect, it } from '@jest/globals';
import { gridOf } from '@seawall/calendar';
import { answerSeriesKey, type Buckets, type Labels, type QueryAggregate, type QueryPlan } from '@seawall/model';
import fc from 'fast-check';
import type { Cursor } from '../journal.ts';
import { createMemorySeriesStore } from '../memory/memory-series-store.ts';
import { KEEP_FOR_GOOD } from '../retention.ts';
import type { SeriesStore, StoreChange } from '../series-store.ts';
import { expectEqual, noting } from './answers.ts';
import { collect, planOf, readingsChange, type PlainReading, type WholeSeries } from './series-store-harness.ts';

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
/** As rollups hold them, and what takes the readings. */
const HELD: QueryAggregate[] = ['count', 'sum', 'mean', 'min', 'max', 'first', 'last', 'stddev', 'rate'];
const AGGREGATES: QueryAggregate[] = [...HELD, 'p1', 'p25', 'p50', 'p90', 'p99'];

const place = fc.constantFrom(...PLACES);
/** Plain names, and such as engines' languages stumble over; two whose order differs in UTF-8 and in code units. */
const DOMAINS = ['e', '环境 "f"'];
const DEVICES = ['d1', "d,2='x'", '🌡3', '\uff5e4'];
const METRICS = ['m', 'time', 'a\\ b'];
const DISTRICTS = ['x', '香洲', '🌡', '\uff5e'];
const path = fc
  .tuple(fc.constantFrom(...DOMAINS), fc.constantFrom(...DEVICES), fc.constantFrom(...METRICS))
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
const write = fc
  .array(fc.tuple(path, offsetMs, value), { minLength: 1, maxLength: 60 })
  .map((readings) => ({ readings }));
const labels = fc.record(
  { district: fc.constantFrom(...DISTRICTS), site: fc.constantFrom('s', '*', '~t\\ u') },
  { requiredKeys: ['district'] },
) as fc.Arbitrary<Labels>;
const spans = fc.tuple(fc.constantFrom(...DEVICES), labels, fc.array(fc.tuple(offsetMs, labels), { maxLength: 3 }));
const world = fc.record({
  place,
  /** In this order: readings, or a device's labels. */
  changes: fc.array(fc.oneof({ arbitrary: write, weight: 2 }, spans), { minLength: 1, maxLength: 9 }),
  // After each: pieces of background work.
  pieces: fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 9, maxLength: 9 }),
});
const pattern = fc.constantFrom('x', '香*', '*', '!x', 'd*', '!d,2=*', 's', '*u', '!*', '!~*', 'unknown', 'e', '*🌡*');
const question = fc.record({
  where: fc.dictionary(
    fc.constantFrom('district', 'site', 'device', 'domain'),
    fc.array(pattern, { minLength: 1, maxLength: 2 }),
    { maxKeys: 2 },
  ),
  groupBy: fc.uniqueArray(fc.constantFrom('district', 'site', 'device', 'domain')),
  aggregate: fc.oneof(fc.subarray(AGGREGATES), fc.subarray(HELD, { minLength: 1 })),
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

function changesOf({ place: { begin }, changes }: World): StoreChange[] {
  return changes.map((change, i): StoreChange => {
    if ('readings' in change) {
      const readings = change.readings.map(([of, offset, v]): PlainReading => [of, begin + offset, v]);
      return readingsChange(i + 1, readings);
    }
    const [device, first, later] = change;
    const spans = later
      .map(([offset, own]) => ({ from: Math.floor(begin + offset), labels: own }))
      .sort((a, b) => a.from - b.from);
    return { kind: 'labels', device, spans: [{ from: -Infinity, labels: first }, ...spans] };
  });
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
    metrics: METRICS,
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

/** How much of it is tried, and what must have been among it. */
export interface BruteForceOptions {
  readonly numRuns: number;
  /** What some answers must have been computed from, or the comparison is of no worth. */
  readonly sources: readonly string[];
}

/**
 * Holds a SeriesStore against plain computation, whatever was written how, described when, and worked on in between.
 * @param open answers an empty store; the suite closes it
 */
export function bruteForceContract(
  name: string,
  open: () => Promise<SeriesStore>,
  { numRuns, sources }: BruteForceOptions,
): void {
  describe(`${name} against plain computation`, () => {
    it('answers the same, whole and in pages', async () => {
      const seen: string[] = [];
      const questions = fc.array(question, { minLength: 4, maxLength: 4 });
      const pageLength = fc.integer({ min: 1, max: 20 });
      const property = fc.asyncProperty(world, questions, pageLength, async (of, asked, limit) => {
        const store = await open();
        try {
          await compare(store, of, asked, limit, seen);
        } finally {
          await store.close();
        }
      });
      await fc.assert(property, { numRuns });
      expect(new Set(seen)).toEqual(new Set(sources));
    }, 600_000);
  });
}

async function compare(
  store: SeriesStore,
  of: World,
  questions: readonly Question[],
  limit: number,
  sources: string[],
): Promise<void> {
  const plain = createMemorySeriesStore();
  for (const [i, change] of changesOf(of).entries()) {
    for (const each of [plain, store]) await each.write([change], String(i + 1) as Cursor);
    for (let piece = of.pieces[i]!; piece > 0; piece--)
      await store.maintain({ now: of.place.begin + 30 * DAY, retention: KEEP_FOR_GOOD });
  }
  const { readings, series } = await plain.status();
  expect(await store.status()).toMatchObject({ readings, series });
  expect((await store.series({}, { limit: 99 })).items).toEqual((await plain.series({}, { limit: 99 })).items);
  for (const asked of questions) {
    const plan = planFor(of, asked);
    const expected = await collect(plain.query(plan));
    expectEqual(await collect(noting(store.query(plan), sources)), expected);
    expectEqual(joined(plan, await inPages(store, plan, limit)), expected);
  }
}
