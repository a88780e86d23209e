import { describe, expect, it } from '@jest/globals';
import type { QueryAggregate } from '@seawall/model';
import fc from 'fast-check';
import { createMemorySeriesStore } from '../memory/memory-series-store.ts';
import { KEEP_FOR_GOOD } from '../retention.ts';
import {
  AgingStore,
  ALL,
  asked,
  DAY,
  EXPIRED,
  HOURS_STAY,
  MINUTE,
  NOW,
  READINGS_EXPIRE,
  type Question,
} from './aging-store.ts';
import {
  collect,
  cursorAt,
  HOUR,
  planOf,
  readingsChange,
  type PlainReading,
  type StoreHarness,
  type WholeSeries,
} from './series-store-harness.ts';

const FROM = EXPIRED - DAY;
/** What engines add up by themselves. */
const SUMS: QueryAggregate[] = ['count', 'sum', 'mean', 'min', 'max', 'rate'];
/**
 * What some say for "no data"; what can no longer be squared and added up; and sums and increases that no double holds, one
 * of an hour whose day it holds again.
 */
const ABSURD: Readonly<Record<string, readonly (readonly [minute: number, value: number])[]>> = {
  sentinel: [[90, Number.MAX_VALUE]],
  large: [[90, 1e142]],
  twice: [
    [90, -Number.MAX_VALUE],
    [95, -Number.MAX_VALUE],
  ],
  both: [
    [70, -Number.MAX_VALUE],
    [80, 5e307],
    [130, 9e307],
    [150, 9e307],
  ],
  leap: [
    [70, -1.7e308],
    [71, 1e308],
  ],
};
/** Two hours' sums that no double holds, of opposite signs: one takes away of the other what it holds at most. */
const OPPOSITE: readonly PlainReading[] = [
  ['e/a/m', FROM + 10 * MINUTE, Number.MAX_VALUE],
  ['e/a/m', FROM + 20 * MINUTE, Number.MAX_VALUE],
  ['e/a/m', FROM + 70 * MINUTE, -Number.MAX_VALUE],
  ['e/a/m', EXPIRED + DAY, 1],
];
const MANY = 80;
const DEVICES = Object.keys(ABSURD);

/** Of two hours. */
const series = fc.array(
  fc.tuple(
    fc.integer({ min: 0, max: 119 }),
    fc.constantFrom(
      -Number.MAX_VALUE,
      Number.MAX_VALUE,
      -9e307,
      1e308,
      -1e200,
      1e160,
      1e142,
      -1e141,
      -7,
      -0,
      0,
      5e-324,
    ),
  ),
  { minLength: 1, maxLength: 12 },
);

function readingsBeside(values: readonly (readonly [minute: number, value: number])[], device: number): PlainReading[] {
  const path = `e/d${device}/m`;
  return [
    ...values.map(([minute, value]): PlainReading => [path, FROM + minute * MINUTE, value]),
    [path, EXPIRED + DAY, 1],
  ];
}

async function plainly(written: readonly PlainReading[], all: readonly Question[]): Promise<WholeSeries[][]> {
  const plain = createMemorySeriesStore();
  await plain.write([readingsChange(1, written)], cursorAt(1));
  const answers = [];
  for (const question of all) answers.push(await collect(plain.query(planOf(question))));
  return answers;
}

/** 300 readings of each device, one a minute, and one much later. */
function readings(absurd: (device: string) => (typeof ABSURD)[string]): PlainReading[] {
  return DEVICES.flatMap((device) => {
    const values = new Map(absurd(device));
    return [
      ...Array.from({ length: 300 }, (_, i): PlainReading => [
        `e/${device}/m`,
        FROM + i * MINUTE,
        values.get(i) ?? 20 + (i % 10),
      ]),
      [`e/${device}/m`, EXPIRED + DAY, 1] as const,
    ];
  });
}

/** One absurd value spoils no more than what no double can say of its own bucket. @param harness of a store that makes rollups */
export function absurdContract(harness: StoreHarness): void {
  const store = new AgingStore(harness);
  const questions = (step: number, over: Partial<Question> = {}) => [
    asked(step, { groupBy: ['device'], ...over }),
    asked(step, { groupBy: ['device'], aggregate: SUMS, ...over }),
    asked(step, { aggregate: ['count', 'min', 'max'], ...over }),
  ];
  const answersOf = async (all: readonly Question[]) => {
    const answers = [];
    for (const question of all) answers.push(await harness.answer(question));
    return answers;
  };

  describe('an absurd value', () => {
    it.each([
      ['by the hour', HOURS_STAY, [HOUR, 3 * HOUR, DAY]],
      ['by the minute', READINGS_EXPIRE, [MINUTE, 20 * MINUTE, HOUR, DAY]],
    ] as const)(
      'is told of, and its neighbours with it, once its readings have expired: %s',
      async (_, retention, steps) => {
        await harness.write(...readings((device) => ABSURD[device]!));
        const all = steps.flatMap((step) => questions(step));
        const before = await answersOf(all);
        await store.keep(KEEP_FOR_GOOD);
        expectAlike(await answersOf(all), before);
        await store.keep(retention);
        expect((await harness.answer({ limit: 1 }))[0]!.time).toEqual([EXPIRED + DAY]);
        expectAlike(await answersOf(all), before);
        for (const question of all) expect(await store.marked(question)).toEqual({});
      },
      60_000,
    );

    it.each([
      ['by the hour', HOURS_STAY, [HOUR, DAY]],
      ['by the minute', READINGS_EXPIRE, [MINUTE, HOUR]],
    ] as const)(
      'is told of beside others, once its readings have expired, whatever they are: %s',
      async (_, retention, steps) => {
        const written = fc.sample(series, MANY).flatMap(readingsBeside);
        await harness.write(...written);
        const all = steps.flatMap((step) => [
          asked(step, { groupBy: ['device'] }),
          asked(step, { groupBy: ['device'], aggregate: SUMS }),
        ]);
        const together = steps.flatMap((step) => [asked(step), asked(step, { aggregate: SUMS })]);
        const before = await answersOf(all);
        await store.keep(KEEP_FOR_GOOD);
        expectAlike(await answersOf(all), before);
        await store.keep(retention);
        expect((await harness.store.status()).tiers.raw.rows).toBe(MANY);
        expectAlike(await answersOf(all), before);
        expectAlike(await answersOf(together), await plainly(written, together));
      },
      60_000,
    );

    it('is not forgotten beside its opposite, once its readings have expired', async () => {
      await harness.write(...OPPOSITE);
      const day = asked(DAY, { aggregate: SUMS });
      const before = await harness.answer(day);
      expect(before[0]!.values['sum']![0]).toBe(Number.MAX_VALUE);
      await store.keep(HOURS_STAY);
      expectAlike([await harness.answer(day)], [before]);
    });

    it('leaves percentiles within their error, once its readings have expired', async () => {
      await harness.write(...readings((device) => ABSURD[device]!));
      const names: QueryAggregate[] = ['p1', 'p50', 'p99'];
      const question = asked(HOUR, { aggregate: names, groupBy: ['device'] });
      const before = await harness.answer(question);
      await store.keep(HOURS_STAY);
      const found = await harness.answer(question);
      expect(found.map(({ time }) => time)).toEqual(before.map(({ time }) => time));
      for (const [i, { values }] of found.entries())
        for (const name of names)
          values[name]!.forEach((value, at) => {
            expect(Math.abs(value / before[i]!.values[name]![at]! - 1)).toBeLessThan(0.011);
          });
    });

    it('is told of where it came late, and forgotten where it was corrected', async () => {
      await harness.write(...readings((device) => (device === 'twice' ? ABSURD[device]! : [])));
      await store.keep(KEEP_FOR_GOOD);
      const corrected = ABSURD['twice']!.map(([i]): PlainReading => ['e/twice/m', FROM + i * MINUTE, 7]);
      const late = ABSURD['both']!.map(([i, value]): PlainReading => ['e/both/m', FROM + i * MINUTE, value]);
      await harness.write(...corrected, ...late);
      const all = questions(HOUR);
      const before = await answersOf(all);
      await store.keep(KEEP_FOR_GOOD);
      expectAlike(await answersOf(all), before);
      await store.keep(HOURS_STAY);
      expectAlike(await answersOf(all), before);
    });

    it('leaves other metrics of its device alone', async () => {
      await harness.write(
        ...readings((device) => ABSURD[device]!).flatMap(([series, time, value], i): PlainReading[] => [
          [series, time, value],
          [series.replace('/m', '/n'), time, i % 7],
        ]),
      );
      const question = asked(HOUR, { metrics: ['n'], aggregate: ALL, groupBy: ['device'] });
      const before = await harness.answer(question);
      await store.keep(HOURS_STAY, NOW);
      expectAlike([await harness.answer(question)], [before]);
    });
  });
}

/** Equal but for rounding, which is the more the larger what is added up. */
function expectAlike(found: readonly WholeSeries[][], wanted: readonly WholeSeries[][]): void {
  const heads = (answers: readonly WholeSeries[][]) =>
    answers.map((answer) => answer.map(({ labels, time }) => ({ labels, time })));
  expect(heads(found)).toEqual(heads(wanted));
  const different = found.flatMap((answer, question) =>
    answer.flatMap(({ labels, time, values }, i) => {
      const { values: others } = wanted[question]![i]!;
      return Object.entries(values).flatMap(([name, column]) =>
        column.flatMap((value, at) => {
          const other = others[name]![at]!;
          const room = ROUNDED.has(name) ? roomFor(others, at) : 0;
          return isAlike(value, other, room) ? [] : [{ question, ...labels, name, at: time[at], value, other }];
        }),
      );
    }),
  );
  expect(different).toEqual([]);
}

const ROUNDED: ReadonlySet<string> = new Set<QueryAggregate>(['sum', 'mean', 'stddev', 'rate']);
/** So that sizes can be added up. */
const SMALLER = 2 ** -64;

/** How far the values of a bucket may be apart when they are added up in another order, made smaller. */
function roomFor(values: WholeSeries['values'], at: number): number {
  const size = Math.max(Math.abs(values['min']![at]!), Math.abs(values['max']![at]!));
  return 1e-9 * (SMALLER + size * SMALLER * values['count']![at]!);
}

function isAlike(value: number, other: number, room: number): boolean {
  if (value === other || (Number.isNaN(value) && Number.isNaN(other))) return true;
  // At the end of what a double holds, rounding makes something nothing.
  const [a, b] = [value, other].map((of) => (Number.isNaN(of) ? Number.MAX_VALUE : Math.abs(of)) * SMALLER);
  if (Number.isNaN(value) !== Number.isNaN(other)) return Math.abs(a! - b!) <= 1e-9 * a!;
  return Math.abs(value * SMALLER - other * SMALLER) <= room;
}
