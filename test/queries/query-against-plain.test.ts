import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Cursor, SeriesStore, StoreChange } from '@seawall/ports';
import { readingsChange } from '@seawall/ports/contract';
import { answerJson, parseQuery, storePlan } from '@seawall/query';
import { openDuckDbStore } from '@seawall/store-duckdb';
import fc from 'fast-check';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';
import type { PlainReading } from './plain-aggregates.ts';
import { plainAnswer, type LabelsAt, type PlainQuestion, type PlainSeries } from './plain-answer.ts';
import { isSecond } from './plain-zone.ts';

const QUARTER = 900_000;
const DAY = 86_400_000;

/** Nights on which the clocks change, forward and back; by an hour, by half an hour, at midnight; and a plain one. */
const PLACES = [
  { timeZone: 'Europe/London', night: Date.UTC(2016, 2, 27, 1) },
  { timeZone: 'Europe/London', night: Date.UTC(2016, 9, 30, 1) },
  { timeZone: 'Australia/Lord_Howe', night: Date.UTC(2016, 9, 1, 15, 30) },
  { timeZone: 'Australia/Lord_Howe', night: Date.UTC(2016, 3, 2, 15) },
  { timeZone: 'America/Sao_Paulo', night: Date.UTC(2016, 9, 16, 3) },
  { timeZone: 'America/Sao_Paulo', night: Date.UTC(2016, 1, 21, 2) },
  { timeZone: 'America/St_Johns', night: Date.UTC(2016, 2, 13, 5, 30) },
  { timeZone: 'Asia/Kolkata', night: Date.UTC(2016, 1, 28, 18, 30) },
] as const;
const AGGREGATES = ['count', 'sum', 'mean', 'min', 'max', 'first', 'last', 'stddev', 'rate', 'p1', 'p25', 'p50', 'p95', 'p99']; // prettier-ignore
const STEPS = ['15m', '30m', '1h', '5h', '6h', '24h', '1d', '2d', '1w', '1M'];
const OFFSETS: readonly (readonly [string, number])[] = [
  ['-7d', -7 * DAY],
  ['-1d', -DAY],
  ['+1w', 7 * DAY],
  ['-24h', -DAY],
  ['-90m', -6 * QUARTER],
  ['-1M', -30 * DAY],
  ['-1y', -366 * DAY],
  ['+2M', 60 * DAY],
];

const place = fc.constantFrom(...PLACES);
// Mostly quarters of an hour, so that readings lie on edges, together with others, and in hours that come twice.
const aboutMs = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -16, max: 16 }).map((n) => n * QUARTER) },
  { weight: 2, arbitrary: fc.integer({ min: -500, max: 500 }).map((n) => n * QUARTER) },
  { weight: 1, arbitrary: fc.integer({ min: -5 * DAY, max: 5 * DAY }).map((n) => n + 0.25) },
);
const value = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.integer({ min: -9999, max: 9999 }).map((n) => n / 10),
);
const path = fc.constantFrom('e/d1/m', 'e/d2/m', 'e/d2/n', 'f/d2/m', 'f/d3/m');
const written = fc.array(fc.tuple(path, aboutMs, value), { minLength: 1, maxLength: 80 });
const labels = fc.record(
  { district: fc.constantFrom('x', 'y'), site: fc.constantFrom('s', 't') },
  { requiredKeys: [] },
);
const described = fc.dictionary(fc.constantFrom('d1', 'd2', 'd3'), fc.tuple(labels, aboutMs, labels));
const world = fc.record({ place, written, described });
const question = fc.record({
  metrics: fc.constantFrom(['m'], ['m', 'n']),
  aggregate: fc.oneof(fc.constant([]), fc.subarray(AGGREGATES, { minLength: 1 })),
  step: fc.option(fc.constantFrom(...STEPS), { nil: undefined }),
  groupBy: fc.uniqueArray(fc.constantFrom('district', 'site', 'device', 'domain')),
  fill: fc.constantFrom('none', 'null', 'previous', 'linear', 7.5),
  fromMs: aboutMs,
  lengthMs: fc.oneof(fc.integer({ min: 1, max: 400 }).map((n) => n * QUARTER), fc.integer({ min: 1, max: 4 * DAY })), // prettier-ignore
});

type World = typeof world extends fc.Arbitrary<infer T> ? T : never;
type Question = typeof question extends fc.Arbitrary<infer T> ? T : never;

let directory: string;
let opened = 0;
beforeAll(async () => {
  directory = await makeTempDir('queries');
});
afterAll(() => removeTempDir(directory));

/** The last written for one series and time wins. */
function readingsOf({ place: { night }, written: rows }: World): PlainReading[] {
  const kept = new Map(
    rows.map(([series, about, v]) => [`${series} ${night + about}`, { series, time: night + about, v }]),
  );
  const inOrder = [...kept.values()].sort((a, b) => a.time - b.time);
  return inOrder.map(({ series, time, v }) => {
    const [domain, device, metric] = series.split('/') as [string, string, string];
    const before = inOrder.findLast((other) => other.series === series && other.time < time);
    const increase =
      before === undefined || time - before.time > DAY ? null : v >= before.v ? v - before.v : Math.max(0, v);
    return { domain, device, metric, time, value: v, increase };
  });
}

function labelsOf({ place: { night }, described: of }: World): LabelsAt {
  return (device, time) => {
    const own = of[device];
    if (own === undefined) return { district: 'unknown', type: 'unknown' };
    const [first, about, then] = own;
    return time >= Math.floor(night + about) ? then : first;
  };
}

async function storeOf(of: World): Promise<SeriesStore> {
  const { place: { night }, written: rows, described: devices } = of; // prettier-ignore
  const store = await openDuckDbStore({ path: join(directory, `${opened++}.duckdb`), threads: 1 });
  const changes = Object.entries(devices).map(([device, [first, about, then]]): StoreChange => {
    const spans = [
      { from: -Infinity, labels: first },
      { from: Math.floor(night + about), labels: then },
    ];
    return { kind: 'labels', device, spans: spans };
  });
  await store.write([...changes, readingsChange(1, rows.map(([series, about, v]) => [series, night + about, v]))], '1' as Cursor); // prettier-ignore
  return store;
}

interface Answer {
  readonly series: readonly (PlainSeries & { readonly unit: string | null })[];
  readonly next: string | null;
}

async function ask(store: SeriesStore, document: Record<string, unknown>): Promise<Answer> {
  const plan = parseQuery(document, { now: 0, timeZone: 'UTC' });
  let text = '';
  for await (const piece of answerJson(plan, store.query(storePlan(plan)))) text += piece;
  return JSON.parse(text) as Answer;
}

type FlatPoint = readonly [key: string, time: number, values: readonly (number | null)[]];

function flat(series: readonly PlainSeries[], raw: boolean): FlatPoint[] {
  return series.flatMap(({ domain, metric, labels: own, time, values }) => {
    const shown = raw ? { device: own['device'] } : own;
    const key = JSON.stringify([domain, metric, Object.entries(shown).sort()]);
    return time.map((at, i): FlatPoint => [key, at, Object.values(values).map((column) => column[i]!)]);
  });
}

async function everyPage(store: SeriesStore, document: Record<string, unknown>, limit: number): Promise<FlatPoint[]> {
  const points: FlatPoint[] = [];
  let cursor: string | null = null;
  do {
    const page: Answer = await ask(store, { ...document, limit, ...(cursor !== null && { cursor }) });
    points.push(...flat(page.series, document['aggregate'] === undefined));
    cursor = page.next;
  } while (cursor !== null);
  return points;
}

/** The contract's tolerance; values lie below 1,000, and there are 80 at most. */
function expectEqual(found: readonly FlatPoint[], expected: readonly FlatPoint[]): void {
  expect(found.map(([key, time]) => [key, time])).toEqual(expected.map(([key, time]) => [key, time]));
  found.forEach(([, , values], i) => {
    values.forEach((a, k) => {
      const b = expected[i]![2][k]!;
      if (a === null || b === null) expect(a).toBe(b);
      else expect(Math.abs(a - b)).toBeLessThanOrEqual(1e-9 * 80_000);
    });
  });
}

function documentOf(of: World, asked: Question, offset?: readonly [string, number]): PlainQuestion {
  const { timeZone, night } = of.place;
  const from = Math.floor(night + asked.fromMs - (offset?.[1] ?? 0));
  const raw = asked.aggregate.length === 0;
  const step = raw ? undefined : asked.step;
  return {
    metrics: asked.metrics,
    from,
    to: from + asked.lengthMs,
    timeZone,
    ...(step !== undefined && { step }),
    ...(offset && { offset: offset[0] }),
    aggregate: asked.aggregate,
    groupBy: raw ? [] : asked.groupBy,
    fill: step === undefined ? 'none' : asked.fill,
  };
}

async function check(of: World, documents: readonly PlainQuestion[], limit: number): Promise<void> {
  const store = await storeOf(of);
  try {
    for (const document of documents) {
      const { aggregate, ...rest } = document;
      const sent = { ...rest, ...(aggregate.length > 0 && { aggregate }) };
      const expected = flat(plainAnswer(document, readingsOf(of), labelsOf(of)), aggregate.length === 0);
      expectEqual(flat((await ask(store, sent)).series, aggregate.length === 0), expected);
      if (expected.length <= 5 * limit) expectEqual(await everyPage(store, sent, limit), expected);
    }
  } finally {
    await store.close();
  }
}

const limits = fc.integer({ min: 3, max: 50 });

describe('a query', () => {
  it('answers what plain arithmetic answers: every aggregate, fill and grouping, over nights on which clocks change', async () => {
    const questions = fc.array(question, { minLength: 5, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(world, questions, limits, (of, asked, limit) => {
        return check(of, asked.map((each) => documentOf(of, each)), limit); // prettier-ignore
      }),
      { numRuns: 15 },
    );
  }, 180_000);

  it('with an offset compares equal local times, whole days with whole days, and leaves out what has no counterpart', async () => {
    const moved = fc.tuple(question, fc.constantFrom(...OFFSETS));
    await fc.assert(
      fc.asyncProperty(world, fc.array(moved, { minLength: 5, maxLength: 5 }), limits, async (of, asked, limit) => {
        const documents = asked
          // A bucket that holds a change of the clocks is compared with a span, not with equal local times: see its own test.
          .filter(
            ([{ step }, [offset]]) =>
              !['5h', '6h'].includes(step!) && !(/[My]$/.test(offset) && /^(2d|1w)$/.test(step!)),
          )
          .filter(([{ step }]) => !(of.place.timeZone.includes('Howe') && step === '1h'))
          .map(([each, offset]) => documentOf(of, each, offset))
          .filter(({ timeZone, from, to }) => !isSecond(timeZone, from) && !isSecond(timeZone, to));
        await check(of, documents, limit);
      }),
      { numRuns: 15 },
    );
  }, 180_000);
});
