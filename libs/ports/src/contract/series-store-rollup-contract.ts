import { describe, expect, it } from '@jest/globals';
import type { QueryPlan } from '@seawall/model';
import { KEEP_FOR_GOOD } from '../retention.ts';
import {
  AgingStore,
  ALL,
  asked,
  counters,
  DAY,
  days,
  EXPIRED,
  expectSame,
  HOURS_STAY,
  MINUTE,
  NOTHING_STAYS,
  NOW,
  READINGS_EXPIRE,
  since,
} from './aging-store.ts';
import { HOUR, T0, type PlainReading, type StoreHarness, type WholeSeries } from './series-store-harness.ts';

/** Background work changes no answer, and what rollups tell of readings that are gone. @param rollups whether the store makes any */
export function rollupContract(harness: StoreHarness, rollups: boolean): void {
  const store = new AgingStore(harness);

  describe('background work', () => {
    it('changes no answer, whatever came late or anew before, between and after it', async () => {
      const questions = [asked(HOUR), asked(DAY, { groupBy: ['device'] }), asked(5 * MINUTE), asked(7 * HOUR)];
      await harness.write(...days());
      await store.keep(KEEP_FOR_GOOD);
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
      await store.keep(KEEP_FOR_GOOD);
      for (const [i, question] of questionsNow.entries()) expectSame(await harness.answer(question), before[i]!);
    });

    it('counts what it holds, from when to when', async () => {
      await harness.write(...days());
      await store.keep(KEEP_FOR_GOOD);
      const { tiers, readings } = await harness.store.status();
      const oldest = EXPIRED - 2 * DAY;
      expect(tiers.raw).toMatchObject({ rows: readings, oldest });
      expect(tiers.raw.newest).toBe(oldest + (Math.floor((3 * DAY) / (7 * MINUTE)) - 1) * 7 * MINUTE);
      // The last hour is not over.
      if (rollups) expect(tiers['1h']).toEqual({ rows: 2 * 71, oldest, newest: EXPIRED + DAY - 2 * HOUR });
    });
  });

  if (!rollups) return;
  describe('rollups', () => {
    it('answer whole hours by themselves, and say so', async () => {
      await harness.write(...days());
      expect((await store.chunks(asked(HOUR))).map(({ source }) => source ?? 'raw')).toEqual(['raw']);
      await store.keep(KEEP_FOR_GOOD);
      const sources = async (over: Partial<QueryPlan>) =>
        new Set((await store.chunks(over)).map(({ source }) => source ?? 'raw'));
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
        await store.keep(retention);
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
      await store.keep(HOURS_STAY);
      const lack = async (over: Partial<QueryPlan>) =>
        (await store.chunks(over)).map(({ expiredBefore, partial = [] }) => [expiredBefore, ...partial]);
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
      const wanted = [since(await store.rates(questions[0]!), 0), await store.rates(questions[1]!)];
      await store.keep(HOURS_STAY);
      for (const [i, question] of questions.entries()) {
        expect(await store.rates(question)).toEqual(wanted[i]);
        expect(await store.marked(question)).toEqual({});
      }
    });

    it('remember only as far back as they are kept what lay before the first reading of a series', async () => {
      await harness.write(...counters());
      const short = { '*': 2 * DAY };
      // Of the last six hours before, in which only one of the two was read.
      await store.keep({ raw: short, '1m': short, '1h': { '*': 2 * DAY + 6 * HOUR } }, EXPIRED + 2 * DAY);
      const question = asked(DAY, { groupBy: ['device'], from: EXPIRED, where: { device: ['a', 'b'] } });
      expect(await store.marked(question)).toEqual({ b: [EXPIRED] });
      expect((await store.rates(question)).get('b')!.get(EXPIRED)).toBeNaN();
      expect((await store.rates(question)).get('a')!.get(EXPIRED)! * HOUR).toBeCloseTo(1000, 5);
    });

    it('tell percentiles within their error once readings have expired, and exactly as long as there are any', async () => {
      await harness.write(...days());
      const question = asked(DAY, { aggregate: ['p5', 'p50', 'p95', 'count'] });
      const [before] = await harness.answer(question);
      await store.keep(HOURS_STAY);
      const [found] = await harness.answer(question);
      expect(found!.time).toEqual(before!.time);
      expect(found!.values['count']).toEqual(before!.values['count']);
      const errors = new Set((await store.chunks(question)).map(({ percentileError }) => percentileError));
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
      const recent = await store.chunks({ ...question, from: EXPIRED });
      expect(recent.map(({ percentileError }) => percentileError)).toEqual([undefined]);
    });

    it('keep the latest reading of a series that has no readings any more', async () => {
      await harness.write(['e/a/m', EXPIRED - DAY, 1], ['e/a/m', EXPIRED - DAY + 5, 2], ['e/b/m', EXPIRED + DAY, 3]);
      await store.keep(HOURS_STAY);
      const { items } = await harness.store.series({}, { limit: 10 });
      expect(items.map(({ device, latest }) => [device, latest])).toEqual([
        ['a', { time: EXPIRED - DAY + 5, value: 2 }],
        ['b', { time: EXPIRED + DAY, value: 3 }],
      ]);
      expect(await harness.answer({ aggregate: ['count'], from: T0, to: NOW })).toMatchObject([
        { values: { count: [3] } },
      ]);
      await store.keep(NOTHING_STAYS);
      expect((await harness.store.series({}, { limit: 10 })).items.map(({ device }) => device)).toEqual(['b']);
    });

    it('count no reading twice that comes again after it has expired, and take in an hour that is new', async () => {
      await harness.write(...days());
      await store.keep(HOURS_STAY);
      const before = await harness.answer(asked(HOUR));
      await harness.write(...days().slice(0, 300));
      await store.keep(HOURS_STAY);
      expectSame(await harness.answer(asked(HOUR)), before);
      await harness.write(['e/c/m', EXPIRED - 5 * DAY, 8]);
      await store.keep(HOURS_STAY);
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
      await store.keep(HOURS_STAY);
      const question = asked(HOUR, { groupBy: ['device'] });
      const before = await harness.answer(question);
      // One fewer than there were, the last of them right before the next hour.
      const late = counts.flatMap((count) =>
        Array.from({ length: count - 1 }, (_, i): PlainReading => [`e/of-${count}/m`, hour + (59 - i) * MINUTE, 1]),
      );
      await harness.write(...late);
      await store.keep(HOURS_STAY);
      expectSame(await harness.answer(question), before);
    });

    it('expire in their own time', async () => {
      await harness.write(...days());
      await store.keep({ raw: { '*': 29 * DAY }, '1m': { '*': 29 * DAY }, '1h': { '*': 31 * DAY } });
      const [found] = await harness.answer(asked(HOUR));
      expect(found!.time[0]).toBe(EXPIRED - DAY);
      expect((await harness.store.status()).tiers['1h']).toMatchObject({ oldest: EXPIRED - DAY });
    });
  });
}
