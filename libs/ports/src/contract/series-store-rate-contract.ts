import { describe, expect, it } from '@jest/globals';
import { HOUR, T0, type PlainReading, type StoreHarness } from './series-store-harness.ts';

const MINUTE = 60_000;
const DAY = 24 * HOUR;
const fixed = { kind: 'fixed', origin: T0, stepMs: HOUR } as const;
const hourly = { aggregate: ['rate'], buckets: fixed, step: '1h', from: T0, to: T0 + 10 * HOUR } as const;

/** The increase of counters, per second of the bucket. */
export function rateContract(harness: StoreHarness): void {
  const rates = async (over: Parameters<StoreHarness['answer']>[0] = {}) =>
    (await harness.values({ ...hourly, ...over }, 'rate')).map((rate) => rate!.map((of) => of * 3600));

  describe('rate', () => {
    it('is the increase since the reading before, per second, in the bucket of the later reading', async () => {
      await harness.write(['e/a/m', T0, 10], ['e/a/m', T0 + HOUR - 1, 46], ['e/a/m', T0 + HOUR, 82]);
      const [series] = await harness.answer(hourly);
      expect(series!.time).toEqual([T0, T0 + HOUR]);
      expect(series!.values['rate']).toEqual([0.01, 0.01]);
    });

    it('is null without an increase, and 0 where nothing was added', async () => {
      await harness.write(['e/a/m', T0, 10], ['e/a/m', T0 + HOUR, 10]);
      expect(await rates()).toEqual([[NaN, 0]]);
    });

    it('takes a drop for a counter that began again at 0', async () => {
      const values = [100, 105, 3, 7, -4, -2];
      await harness.write(...values.map((value, i): PlainReading => ['e/a/m', T0 + i * HOUR, value]));
      expect(await rates()).toEqual([[NaN, 5, 3, 4, 0, 2]]);
    });

    it('adds up the increases of several series, each by itself', async () => {
      await harness.write(
        ...[0, 1, 2].flatMap((i): PlainReading[] => [
          ['e/a/m', T0 + i * MINUTE, 5 * i],
          ['e/b/m', T0 + i * MINUTE + 1, 1000 + i],
        ]),
        ['e/c/m', T0, 7],
      );
      expect(await rates()).toEqual([[12]]);
      expect(await rates({ groupBy: ['device'] })).toEqual([[10], [2], [NaN]]);
    });

    it('begins with the reading before the range, if it is not more than a day older', async () => {
      await harness.write(['e/a/m', T0 - DAY, 100], ['e/a/m', T0, 136]);
      await harness.write(['e/b/m', T0 - DAY, 100], ['e/b/m', T0 + 0.001, 136]);
      expect(await rates({ groupBy: ['device'] })).toEqual([[36], [NaN]]);
    });

    it('counts no increase over more than a day', async () => {
      await harness.write(['e/a/m', T0, 1], ['e/a/m', T0 + DAY, 2], ['e/a/m', T0 + 2 * DAY + 1, 4]);
      const days = { kind: 'fixed', origin: T0, stepMs: DAY } as const;
      const [series] = await harness.answer({ ...hourly, to: T0 + 3 * DAY, buckets: days, step: '1d' });
      expect(series!.values['rate']!.map((of) => of * 86_400)).toEqual([NaN, 1, NaN]);
    });

    it('divides by the part of a bucket that lies within the range', async () => {
      await harness.write(['e/a/m', T0, 0], ['e/a/m', T0 + 50 * MINUTE, 600], ['e/a/m', T0 + 70 * MINUTE, 1200]);
      const cut = await harness.values({ ...hourly, from: T0 + 40 * MINUTE, to: T0 + 80 * MINUTE }, 'rate');
      expect(cut).toEqual([[0.5, 0.5]]);
      const whole = { aggregate: ['rate'], from: T0 + 40 * MINUTE, to: T0 + 80 * MINUTE } as const;
      expect(await harness.values(whole, 'rate')).toEqual([[0.5]]);
    });

    it('divides by the length of each listed bucket', async () => {
      await harness.write(['e/a/m', T0, 0], ['e/a/m', T0 + HOUR, 3600], ['e/a/m', T0 + 2 * HOUR, 10_800]);
      const buckets = { kind: 'listed', starts: [T0, T0 + HOUR, T0 + 2 * HOUR], end: T0 + 4 * HOUR } as const;
      expect(await harness.values({ ...hourly, buckets, to: T0 + 4 * HOUR }, 'rate')).toEqual([[NaN, 1, 1]]);
    });

    it('belongs to the labels of the later reading, whatever those of the one before', async () => {
      await harness.write(['e/a/m', T0, 1], ['e/a/m', T0 + MINUTE, 4], ['e/a/m', T0 + 2 * MINUTE, 9]);
      await harness.describeDevice('a', [-Infinity, { district: 'x' }], [T0 + MINUTE, { district: 'y' }]);
      expect(await rates({ groupBy: ['district'] })).toEqual([[NaN], [8]]);
      expect(await rates({ where: { district: ['y'] } })).toEqual([[8]]);
    });

    it('stands beside other aggregates, in their order', async () => {
      await harness.write(['e/a/m', T0, 0], ['e/a/m', T0 + MINUTE, 36]);
      const [series] = await harness.answer({ ...hourly, aggregate: ['p50', 'rate', 'count'] });
      expect(series!.values).toEqual({ p50: [0], rate: [0.01], count: [2] });
    });

    it('goes on after a page as it would without', async () => {
      await harness.write(...[0, 1, 2, 3].map((i): PlainReading => ['e/a/m', T0 + i * HOUR, i * i]));
      const after = { series: ['e', 'm'].join('\u0000'), time: T0 + HOUR };
      expect(await rates({ after })).toEqual([[3, 5]]);
    });

    it('is null beyond what a double holds', async () => {
      const most = Number.MAX_VALUE;
      await harness.write(
        ['e/a/m', T0, -most],
        ['e/a/m', T0 + MINUTE, most],
        ['e/b/m', T0, 0],
        ['e/b/m', T0 + HOUR, 1],
      );
      expect(await rates()).toEqual([[NaN, 1]]);
    });

    it('takes a replaced reading for what it was replaced by', async () => {
      await harness.write(['e/a/m', T0, 0], ['e/a/m', T0 + MINUTE, 5], ['e/a/m', T0 + 2 * MINUTE, 6]);
      await harness.write(['e/a/m', T0 + MINUTE, 100]);
      expect(await rates()).toEqual([[106]]);
    });
  });
}
