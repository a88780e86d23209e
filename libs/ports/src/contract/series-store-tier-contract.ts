import { describe, expect, it } from '@jest/globals';
import type { QueryAggregate, QueryChunk, QueryPlan } from '@seawall/model';
import { KEEP_FOR_GOOD, type Retention } from '../retention.ts';
import { HOUR, planOf, T0, type PlainReading, type StoreHarness, type WholeSeries } from './series-store-harness.ts';

const MINUTE = 60_000;
const DAY = 24 * HOUR;
const ALL: readonly QueryAggregate[] = ['count', 'sum', 'mean', 'min', 'max', 'first', 'last', 'stddev', 'rate'];
/** Everything here is older than this. */
const NOW = T0 + 40 * DAY;
/** Readings go, at the begin of a day; what is made of them stays. */
const READINGS_EXPIRE: Retention = { raw: { '*': 30 * DAY }, '1m': {}, '1h': {} };
const HOURS_STAY: Retention = { raw: { '*': 30 * DAY }, '1m': { '*': 30 * DAY }, '1h': {} };
const NOTHING_STAYS: Retention = { raw: { '*': 30 * DAY }, '1m': { '*': 30 * DAY }, '1h': { '*': 30 * DAY } };
/** With NOW. */
const EXPIRED = T0 + 10 * DAY;

/** Three days of two devices, some of them after what expires, with ties, drops and gaps, a reading every 7 minutes. */
function days(from = EXPIRED - 2 * DAY): PlainReading[] {
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
function counters(): PlainReading[] {
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

type Question = ReturnType<typeof asked>;
/** By device, then by bucket. */
type Rates = ReadonlyMap<string, Map<number, number>>;

function since(rates: Rates, begin: number): Rates {
  return new Map([...rates].map(([device, of]) => [device, new Map([...of].filter(([at]) => at >= begin))]));
}

function asked(stepMs: number, over: Partial<QueryPlan> = {}): Partial<QueryPlan> {
  const buckets = { kind: 'fixed', origin: T0, stepMs } as const;
  const range = { from: T0, to: NOW };
  return { ...range, buckets, step: `${stepMs}ms`, aggregate: ALL, limit: 1_000_000, ...over };
}

/** Rounding aside; in a test of ten thousand values each call of `expect` would cost more than what it looks at. */
function isClose(value: number, other: number): boolean {
  if (Number.isNaN(other)) return Number.isNaN(value);
  return value === other || Math.abs(value - other) < 5e-8;
}

/** How background work and retention look to whoever asks. @param rollups whether the store makes any */
export function tierContract(harness: StoreHarness, rollups: boolean): void {
  const keep = async (retention: Retention, now = NOW) => {
    while (await harness.store.maintain({ now, retention }));
  };
  const chunks = async (over: Partial<QueryPlan>): Promise<QueryChunk[]> => {
    const found: QueryChunk[] = [];
    for await (const chunk of harness.store.query(planOf(over))) found.push(chunk);
    return found;
  };
  const rates = async (over: Question): Promise<Rates> =>
    new Map(
      (await harness.answer(over)).map(({ labels, time, values }) => {
        const rounded = values['rate']!.map((of) => Math.round(of * 1e12) / 1e12);
        return [labels['device'] ?? '', new Map(time.map((at, i) => [at, rounded[i]!]))];
      }),
    );
  /** By device: the buckets that are marked partial, of those that have any. */
  const marked = async (over: Question): Promise<Record<string, number[]>> =>
    Object.fromEntries(
      (await chunks(over)).flatMap(({ labels, partial }) =>
        partial === undefined ? [] : [[labels['device'] ?? '', [...partial].sort((a, b) => a - b)]],
      ),
    );
  /** Equal but for rounding. */
  const expectSame = (found: readonly WholeSeries[], wanted: readonly WholeSeries[]) => {
    expect(found.map(({ values: _, ...head }) => head)).toEqual(wanted.map(({ values: _, ...head }) => head));
    const different = found.flatMap(({ values }, i) =>
      Object.entries(values).flatMap(([name, column]) => {
        const others = wanted[i]!.values[name]!;
        const at = [...column.keys()].filter((j) => !isClose(column[j]!, others[j]!));
        return at.map((j) => ({ series: i, name, bucket: j, value: column[j], other: others[j] }));
      }),
    );
    expect(different).toEqual([]);
  };

  describe('background work', () => {
    it('changes no answer, whatever came late or anew before, between and after it', async () => {
      const questions = [asked(HOUR), asked(DAY, { groupBy: ['device'] }), asked(5 * MINUTE), asked(7 * HOUR)];
      await harness.write(...days());
      await keep(KEEP_FOR_GOOD);
      await harness.write(
        ['e/a/m', EXPIRED - DAY + 59 * MINUTE, 1000],
        ['e/b/m', EXPIRED - 2 * DAY + 14 * MINUTE, -70],
        ['e/c/m', EXPIRED - 30 * HOUR, 4],
      );
      await harness.describeDevice(
        'a',
        [-Infinity, { district: 'x' }],
        [EXPIRED - DAY + 10 * MINUTE, { district: 'y' }],
      );
      const questionsNow = [...questions, asked(DAY, { groupBy: ['district'] })];
      const before = [];
      for (const question of questionsNow) before.push(await harness.answer(question));
      await keep(KEEP_FOR_GOOD);
      for (const [i, question] of questionsNow.entries()) expectSame(await harness.answer(question), before[i]!);
    });

    it('counts what it holds, from when to when', async () => {
      await harness.write(...days());
      await keep(KEEP_FOR_GOOD);
      const { tiers, readings } = await harness.store.status();
      const oldest = EXPIRED - 2 * DAY;
      expect(tiers.raw).toMatchObject({ rows: readings, oldest });
      expect(tiers.raw.newest).toBe(oldest + (Math.floor((3 * DAY) / (7 * MINUTE)) - 1) * 7 * MINUTE);
      // The last hour is not over.
      if (rollups) expect(tiers['1h']).toEqual({ rows: 2 * 71, oldest, newest: EXPIRED + DAY - 2 * HOUR });
    });
  });

  describe('retention', () => {
    it('lets go what has expired, of each domain in its time, and the series of which nothing is left', async () => {
      await harness.write(...days(), ['f/a/m', EXPIRED - DAY, 1], ['g/a/m', EXPIRED - DAY, 1]);
      const retention: Retention = {
        raw: { ...NOTHING_STAYS.raw, f: 50 * DAY },
        '1m': { ...NOTHING_STAYS['1m'], f: 50 * DAY },
        '1h': { ...NOTHING_STAYS['1h'], f: 50 * DAY },
      };
      await keep(retention);
      const answer = await harness.answer({ limit: 10_000 });
      expect(answer.map(({ domain, labels, time }) => [domain, labels['device'], time[0]! >= EXPIRED])).toEqual([
        ['e', 'a', true],
        ['e', 'b', true],
        ['f', 'a', false],
      ]);
      const { items } = await harness.store.series({}, { limit: 10 });
      expect(items.map(({ domain, device }) => `${domain}/${device}`)).toEqual(['e/a', 'e/b', 'f/a']);
      expect(await harness.answer(asked(HOUR, { to: EXPIRED, where: { domain: ['e'] } }))).toEqual([]);
    });

    it('says since when it answers where what was asked has expired, of each domain, and of the buckets this cuts', async () => {
      await harness.write(...days(), ['f/a/m', EXPIRED + HOUR, 1], ['f/a/m', EXPIRED + 2 * HOUR, 2]);
      await keep(NOTHING_STAYS);
      const lack = async (over: Partial<QueryPlan>) =>
        (await chunks(over)).map(({ domain, time, expiredBefore, partial }) => [
          domain,
          time.length > 0,
          expiredBefore,
          ...(partial ?? []),
        ]);
      const whole = { aggregate: ['count'], from: T0, to: NOW } as const;
      const told = [
        ['e', true, EXPIRED],
        ['f', true, undefined],
      ];
      expect(await lack({ from: T0, limit: 10_000, where: { device: ['a'] } })).toEqual(told);
      expect(await lack(whole)).toEqual([['e', true, EXPIRED, T0], told[1]]);
      expect(await lack(asked(DAY, { aggregate: ['count'] }))).toEqual(told);
      const cut = T0 + Math.floor((EXPIRED - T0) / (7 * HOUR)) * 7 * HOUR;
      expect(await lack(asked(7 * HOUR))).toEqual([['e', true, EXPIRED, cut], told[1]]);
      // Of what is altogether gone too, though nothing else can be said of it.
      const gone = { from: T0, to: EXPIRED - HOUR, where: { domain: ['e'] } };
      const aggregates: (readonly QueryAggregate[])[] = [[], ['mean'], ['p50'], ['p95', 'mean']];
      for (const over of aggregates.map((aggregate) => ({ ...gone, aggregate })))
        expect(await lack(over)).toEqual([['e', false, EXPIRED - HOUR]]);
      for (const over of [{ from: EXPIRED, limit: 10_000 }, asked(DAY, { from: EXPIRED })])
        expect(new Set((await lack(over)).map(([, , before]) => before))).toEqual(new Set([undefined]));
    });

    it('has lost nothing of a time before the first readings', async () => {
      await harness.write(...days());
      const before = await harness.answer({ aggregate: ['count'], from: EXPIRED - 50 * HOUR + 1, to: EXPIRED });
      await keep(rollups ? HOURS_STAY : NOTHING_STAYS);
      for (const over of [{ limit: 10_000 }, { aggregate: ['count'] as const }]) {
        const empty = { ...over, from: EXPIRED - 51 * HOUR + 1, to: EXPIRED - 50 * HOUR - 1 };
        expect(await chunks(empty)).toEqual([]);
      }
      if (!rollups) return;
      const whole = { aggregate: ['count'], from: EXPIRED - 50 * HOUR + 1, to: EXPIRED } as const;
      expect(await harness.answer(whole)).toEqual(before);
      expect((await chunks(whole)).map(({ expiredBefore, partial }) => [expiredBefore, partial])).toEqual([
        [undefined, undefined],
      ]);
    });

    it('answers what is kept of a bucket that what has expired cuts, a rate by its seconds', async () => {
      await harness.write(...days());
      const kept = await harness.answer({ aggregate: ALL, from: EXPIRED, to: NOW });
      await keep(NOTHING_STAYS);
      const [{ values }] = (await harness.answer({ aggregate: ALL, from: T0, to: NOW })) as [WholeSeries];
      // The first reading's increase is over one that has expired.
      const { rate: found, ...others } = values;
      const { rate: wanted, ...same } = kept[0]!.values;
      expectSame([{ ...kept[0]!, values: others }], [{ ...kept[0]!, values: same }]);
      expect(Math.abs(found![0]! / wanted![0]! - 1)).toBeLessThan(0.01);
    });

    it('tells no rate where the reading before the first of a series has expired, and says where', async () => {
      await harness.write(...counters());
      const [byDay, byQuarter] = [DAY, 6 * HOUR].map((step) => asked(step, { groupBy: ['device'] })) as [
        Question,
        Question,
      ];
      const wanted = [await rates(byDay), await rates(byQuarter)] as const;
      await keep(NOTHING_STAYS);
      const untold = (rate: Rates, device: string, at: number) => {
        expect(rate.get(device)?.get(at)).not.toBeUndefined();
        rate.get(device)!.set(at, NaN);
      };
      const left = wanted.map((rate) => since(rate, EXPIRED)) as [Rates, Rates];
      for (const rate of left) untold(rate, 'a', EXPIRED);
      untold(left[0], 'b', EXPIRED);
      untold(left[1], 'b', EXPIRED + 12 * HOUR);
      expect([await rates(byDay), await rates(byQuarter)]).toEqual(left);
      expect(await marked(byDay)).toEqual({ a: [EXPIRED], b: [EXPIRED] });
      expect(await marked(byQuarter)).toEqual({ a: [EXPIRED], b: [EXPIRED + 12 * HOUR] });
      // One of its two series is enough.
      expect(await marked(asked(6 * HOUR))).toEqual({ '': [EXPIRED, EXPIRED + 12 * HOUR] });
      expect(await marked(asked(DAY, { aggregate: ['count'] }))).toEqual({});
    });

    it('tells no such rate of many series either', async () => {
      const devices = Array.from({ length: 501 }, (_, i) => `d${i}`);
      await harness.write(
        ...devices.flatMap((device): PlainReading[] => [
          [`e/${device}/m`, EXPIRED - HOUR, 1],
          [`e/${device}/m`, EXPIRED + 2 * HOUR, 2],
          [`e/${device}/m`, EXPIRED + 10 * HOUR, 3],
        ]),
      );
      await keep(NOTHING_STAYS);
      const question = asked(6 * HOUR);
      expect(await marked(question)).toEqual({ '': [EXPIRED] });
      expect([...(await rates(question)).get('')!.values()]).toEqual([NaN, expect.closeTo(501 / 21_600, 9)]);
    });

    it('tells a rate that begins after the first reading that is left of a series', async () => {
      await harness.write(...counters());
      const later = asked(6 * HOUR, { groupBy: ['device'], from: EXPIRED + 2 * HOUR, where: { device: ['a', 'c'] } });
      const wanted = await rates(later);
      await keep(NOTHING_STAYS);
      expect(await rates(later)).toEqual(wanted);
      expect(await marked(later)).toEqual({});
    });

    it('tells the rate of the seconds that are left where the bucket of a first reading is cut as well', async () => {
      await harness.write(...counters());
      await keep(NOTHING_STAYS);
      const cut = asked(DAY, {
        buckets: { kind: 'fixed', origin: T0 + 12 * HOUR, stepMs: DAY },
        groupBy: ['device'],
        where: { device: ['a', 'b'] },
      });
      // A row of its hour may have been made in time to know what the first reading has added, half of these 12 hours'.
      const anHour = (await rates(cut)).get('a')!.get(EXPIRED - 12 * HOUR)! * 3600;
      expect([0.5, 1].some((known) => Math.abs(anHour - known) < 1e-6)).toBe(true);
      expect(await marked(cut)).toEqual({ a: [EXPIRED - 12 * HOUR], b: [EXPIRED - 12 * HOUR, EXPIRED + 12 * HOUR] });
    });

    it('takes readings again that had expired, and lets them go again', async () => {
      await harness.write(...days());
      await keep(NOTHING_STAYS);
      const { readings } = await harness.store.status();
      await harness.write(['e/a/m', EXPIRED - DAY, 1], ['e/a/m', EXPIRED + DAY, 2]);
      await keep(NOTHING_STAYS);
      expect(await harness.store.status()).toMatchObject({ readings: readings + 1 });
    });
  });

  it('what is kept longer from now on, and is brought back, is found by sums as well', async () => {
    await harness.write(...days());
    const question = asked(HOUR, { aggregate: ['count', 'sum'] });
    const before = await harness.answer(question);
    await keep(NOTHING_STAYS);
    await keep(KEEP_FOR_GOOD);
    await harness.write(...days());
    expectSame(await harness.answer(question), before);
    await keep(KEEP_FOR_GOOD);
    expectSame(await harness.answer(question), before);
  });

  if (!rollups) return;
  describe('rollups', () => {
    it('answer whole hours by themselves, and say so', async () => {
      await harness.write(...days());
      expect((await chunks(asked(HOUR))).map(({ source }) => source ?? 'raw')).toEqual(['raw']);
      await keep(KEEP_FOR_GOOD);
      const sources = async (over: Partial<QueryPlan>) =>
        new Set((await chunks(over)).map(({ source }) => source ?? 'raw'));
      expect(await sources(asked(HOUR))).toEqual(new Set(['1h']));
      expect(await sources({ aggregate: ['mean'], from: EXPIRED - DAY + 1, to: EXPIRED })).toEqual(new Set(['1h']));
      expect(await sources(asked(HOUR, { aggregate: ['p50'] }))).toEqual(new Set(['raw']));
      expect(await sources(asked(20 * MINUTE))).toEqual(new Set(['raw']));
      expect(await sources({ from: T0, to: NOW })).toEqual(new Set(['raw']));
    });

    it.each([
      ['hours', HOURS_STAY, [HOUR, 3 * HOUR, DAY]],
      ['minutes', READINGS_EXPIRE, [MINUTE, 5 * MINUTE, HOUR, DAY]],
    ] as const)(
      'answer by %s as their readings did, once these have expired',
      async (_, retention, steps) => {
        await harness.write(...days());
        await harness.describeDevice('b', [-Infinity, { district: 'x' }], [EXPIRED - DAY, { district: 'y' }]);
        const questions = steps.flatMap((step) => [asked(step), asked(step, { groupBy: ['district'] })]);
        const before = [];
        for (const question of questions) before.push(await harness.answer(question));
        await keep(retention);
        const [oldest] = (await harness.answer({ limit: 1 })).map(({ time }) => time[0]!);
        expect(oldest).toBeGreaterThanOrEqual(EXPIRED);
        for (const [i, question] of questions.entries()) expectSame(await harness.answer(question), before[i]!);
      },
      60_000,
    );

    it('answer what they hold of buckets that would need readings which have expired, and say what is lacking', async () => {
      await harness.write(...days());
      await harness.describeDevice(
        'b',
        [-Infinity, { district: 'x' }],
        [EXPIRED - DAY + 75 * MINUTE, { district: 'y' }],
      );
      const whole = { aggregate: ALL, from: EXPIRED - DAY + 1, to: NOW };
      const fromHour = await harness.answer({ ...whole, from: EXPIRED - DAY + HOUR });
      const byDistrict = asked(DAY, {
        groupBy: ['district'],
        where: { district: ['x'] },
        aggregate: ['count', 'rate'],
      });
      const [{ time, values }] = (await harness.answer(byDistrict)) as [WholeSeries];
      await keep(HOURS_STAY);
      const lack = async (over: Partial<QueryPlan>) =>
        (await chunks(over)).map(({ expiredBefore, partial = [] }) => [expiredBefore, ...partial]);
      const times = async (over: Partial<QueryPlan>) => (await harness.answer(over))[0]?.time[0];

      // An hour that the range's begin divides can't be told from what lies before it.
      expect(await lack(whole)).toEqual([[EXPIRED - DAY + HOUR, EXPIRED - DAY + 1]]);
      expectSame(await harness.answer(whole), [{ ...fromHour[0]!, time: [EXPIRED - DAY + 1] }]);
      expect(await lack({ ...whole, from: EXPIRED - DAY })).toEqual([[undefined]]);
      expect(await lack(asked(DAY, { from: EXPIRED - DAY + 1 }))).toEqual([[EXPIRED - DAY + HOUR, EXPIRED - DAY]]);
      expect(await times(asked(DAY, { from: EXPIRED - DAY + 1 }))).toBe(EXPIRED - DAY);

      // Of buckets that divide hours there is nothing until readings begin.
      expect(await times(asked(20 * MINUTE))).toBe(EXPIRED);
      expect(await lack(asked(20 * MINUTE))).toEqual([[EXPIRED]]);

      // Nor can an hour in which a device changed its labels be told apart: the bucket lacks it.
      const [holed] = (await harness.answer(byDistrict)) as [WholeSeries];
      expect(holed.time).toEqual(time);
      expect(await lack(byDistrict)).toEqual([[undefined, EXPIRED - DAY]]);
      const at = time.indexOf(EXPIRED - DAY);
      expect(holed.values['count']![at]).toBe(values['count']![at]! - 1);
      expect(holed.values['rate']![at]).toBeNaN();
      expect(holed.values['count']!.toSpliced(at, 1)).toEqual(values['count']!.toSpliced(at, 1));
    });

    it('remember the reading before the first that is left of a series', async () => {
      await harness.write(...counters());
      const questions = [
        asked(DAY, { groupBy: ['device'] }),
        asked(20 * MINUTE, { groupBy: ['device'], from: EXPIRED }),
      ];
      const wanted = [since(await rates(questions[0]!), 0), await rates(questions[1]!)];
      await keep(HOURS_STAY);
      for (const [i, question] of questions.entries()) {
        expect(await rates(question)).toEqual(wanted[i]);
        expect(await marked(question)).toEqual({});
      }
    });

    it('remember only as far back as they are kept what lay before the first reading of a series', async () => {
      await harness.write(...counters());
      const short = { '*': 2 * DAY };
      // Of the last six hours before, in which only one of the two was read.
      await keep({ raw: short, '1m': short, '1h': { '*': 2 * DAY + 6 * HOUR } }, EXPIRED + 2 * DAY);
      const question = asked(DAY, { groupBy: ['device'], from: EXPIRED, where: { device: ['a', 'b'] } });
      expect(await marked(question)).toEqual({ b: [EXPIRED] });
      expect((await rates(question)).get('b')!.get(EXPIRED)).toBeNaN();
      expect((await rates(question)).get('a')!.get(EXPIRED)! * HOUR).toBeCloseTo(1000, 5);
    });

    it('tell percentiles within their error once readings have expired, and exactly as long as there are any', async () => {
      await harness.write(...days());
      const question = asked(DAY, { aggregate: ['p5', 'p50', 'p95', 'count'] });
      const [before] = await harness.answer(question);
      await keep(HOURS_STAY);
      const [found] = await harness.answer(question);
      expect(found!.time).toEqual(before!.time);
      expect(found!.values['count']).toEqual(before!.values['count']);
      const errors = new Set((await chunks(question)).map(({ percentileError }) => percentileError));
      expect(errors.size).toBe(1);
      const error = [...errors][0]!;
      expect(error).toBeLessThanOrEqual(0.02);
      for (const name of ['p5', 'p50', 'p95']) {
        found!.values[name]!.forEach((value, i) => {
          const wanted = before!.values[name]![i]!;
          const allowed = found!.time[i]! < EXPIRED ? error * (1 + 1e-9) * Math.abs(wanted) : 0;
          expect(Math.abs(value - wanted)).toBeLessThanOrEqual(allowed);
        });
      }
      const recent = await chunks({ ...question, from: EXPIRED });
      expect(recent.map(({ percentileError }) => percentileError)).toEqual([undefined]);
    });

    it('keep the latest reading of a series that has no readings any more', async () => {
      await harness.write(['e/a/m', EXPIRED - DAY, 1], ['e/a/m', EXPIRED - DAY + 5, 2], ['e/b/m', EXPIRED + DAY, 3]);
      await keep(HOURS_STAY);
      const { items } = await harness.store.series({}, { limit: 10 });
      expect(items.map(({ device, latest }) => [device, latest])).toEqual([
        ['a', { time: EXPIRED - DAY + 5, value: 2 }],
        ['b', { time: EXPIRED + DAY, value: 3 }],
      ]);
      expect(await harness.answer({ aggregate: ['count'], from: T0, to: NOW })).toMatchObject([
        { values: { count: [3] } },
      ]);
      await keep(NOTHING_STAYS);
      expect((await harness.store.series({}, { limit: 10 })).items.map(({ device }) => device)).toEqual(['b']);
    });

    it('count no reading twice that comes again after it has expired, and take in an hour that is new', async () => {
      await harness.write(...days());
      await keep(HOURS_STAY);
      const before = await harness.answer(asked(HOUR));
      await harness.write(...days().slice(0, 300));
      await keep(HOURS_STAY);
      expectSame(await harness.answer(asked(HOUR)), before);
      await harness.write(['e/c/m', EXPIRED - 5 * DAY, 8]);
      await keep(HOURS_STAY);
      const [late] = await harness.answer(asked(HOUR, { where: { device: ['c'] } }));
      expect(late).toMatchObject({ time: [EXPIRED - 5 * DAY], values: { sum: [8], count: [1] } });
    });

    it('leave an hour whose readings have expired as it is, and the next, when fewer others come late', async () => {
      const hour = EXPIRED - 5 * HOUR;
      const counts = [2, 4, 10];
      const readings = counts.flatMap((count) =>
        Array.from({ length: count }, (_, i): PlainReading => [`e/of-${count}/m`, hour + (i * HOUR) / count, 100]),
      );
      const others = counts.flatMap((count): PlainReading[] => [
        [`e/of-${count}/m`, hour + 90 * MINUTE, 100],
        [`e/of-${count}/m`, EXPIRED + HOUR, 100],
      ]);
      await harness.write(...readings, ...others);
      await keep(HOURS_STAY);
      const question = asked(HOUR, { groupBy: ['device'] });
      const before = await harness.answer(question);
      // One fewer than there were, the last of them right before the next hour.
      const late = counts.flatMap((count) =>
        Array.from({ length: count - 1 }, (_, i): PlainReading => [`e/of-${count}/m`, hour + (59 - i) * MINUTE, 1]),
      );
      await harness.write(...late);
      await keep(HOURS_STAY);
      expectSame(await harness.answer(question), before);
    });

    it('expire in their own time', async () => {
      await harness.write(...days());
      await keep({ raw: { '*': 29 * DAY }, '1m': { '*': 29 * DAY }, '1h': { '*': 31 * DAY } });
      const [found] = await harness.answer(asked(HOUR));
      expect(found!.time[0]).toBe(EXPIRED - DAY);
      expect((await harness.store.status()).tiers['1h']).toMatchObject({ oldest: EXPIRED - DAY });
    });
  });
}
