import { describe, expect, it } from '@jest/globals';
import type { QueryAggregate, QueryPlan } from '@seawall/model';
import { AgingStore, asked, DAY, EXPIRED, expectSame, HOURS_STAY, MINUTE, READINGS_EXPIRE } from './aging-store.ts';
import { HOUR, type PlainReading, type StoreHarness, type WholeSeries } from './series-store-harness.ts';

/** What becomes of readings that come when their hour has expired; of stores that make rollups. */
export function lateContract(harness: StoreHarness): void {
  const store = new AgingStore(harness);
  const silent = EXPIRED - 6 * HOUR;
  /** A domain that says nothing in the last half a day before what expires. */
  const spoken = (domain: string) =>
    [-20, -14, -13, 1].map((hours): PlainReading => [`${domain}/a/m`, EXPIRED + hours * HOUR, 7]);
  const minutely = (domain: string) =>
    Array.from({ length: 60 }, (_, i): PlainReading => [`${domain}/b/m`, silent + i * MINUTE, 1 + (i % 10)]);
  const ofLate = { where: { domain: ['e'], device: ['b'] }, from: EXPIRED - DAY, to: EXPIRED };
  const exact: readonly QueryAggregate[] = ['count', 'sum', 'min', 'max', 'first', 'last', 'stddev'];

  describe('late readings of an hour that has expired', () => {
    it('are told by minutes and by rank, though the whole domain had said nothing in it', async () => {
      await harness.write(...spoken('e'), ...spoken('f'), ...minutely('f'));
      const questions = [MINUTE, 5 * MINUTE, HOUR].map((step) => asked(step, { ...ofLate, aggregate: exact }));
      const ranks = asked(HOUR, { ...ofLate, aggregate: ['p50', 'p95'] });
      const inTime = { where: { domain: ['f'], device: ['b'] } };
      const wanted: (readonly WholeSeries[])[] = [];
      for (const question of questions) wanted.push(await harness.answer({ ...question, ...inTime }));
      await store.keep(READINGS_EXPIRE);
      await harness.write(...minutely('e'));
      await store.keep(READINGS_EXPIRE);
      expect(await harness.answer({ ...ofLate, limit: 10 })).toEqual([]);
      for (const [i, question] of questions.entries())
        expectSame(
          await harness.answer(question),
          wanted[i]!.map((of) => ({ ...of, domain: 'e' })),
        );
      expect(await harness.values(ranks, 'p50')).toEqual([[expect.closeTo(5, 1)]]);
      expect(await harness.values(ranks, 'p95')).toEqual([[expect.closeTo(10, 1)]]);
      expect((await store.chunks(ranks)).map(({ partial }) => partial)).toEqual([undefined]);
    });

    it('make no minutes where these have expired as well', async () => {
      await harness.write(...spoken('e'));
      await store.keep(HOURS_STAY);
      await harness.write(...minutely('e'));
      await store.keep(HOURS_STAY);
      expect(await harness.answer(asked(5 * MINUTE, { ...ofLate, aggregate: ['count'] }))).toEqual([]);
      expect(await harness.values(asked(HOUR, { ...ofLate, aggregate: ['count'] }), 'count')).toEqual([[60]]);
      expect((await harness.store.status()).tiers['1m']).toMatchObject({ rows: 0 });
    });

    it('have an hour told by its minutes as by its row, where they take the place of those that have expired', async () => {
      const hour = EXPIRED - 5 * HOUR;
      const at = (minute: number) => hour + minute * MINUTE;
      const told = async (step: number, over: Partial<QueryPlan> = {}) =>
        (await harness.answer(asked(step, { from: hour, to: hour + HOUR, aggregate: exact, ...over }))).map(
          ({ metric, labels, time, values: { count, min, max, last } }) => [
            [metric, labels['device']].filter((name) => name !== undefined).join('/'),
            ...time.map((of, i) => [(of - hour) / MINUTE, count![i], min![i], max![i], last![i]]),
          ],
        );
      await harness.write(
        ['e/a/m', at(57), 3],
        ['e/a/n', at(57), 9],
        ['e/b/m', at(57), 4],
        ['e/c/m', at(56), 6],
        ['e/c/m', at(57), 7],
        ['e/a/m', at(97), 8],
        ['e/a/m', EXPIRED + HOUR, 1],
      );
      await store.keep(READINGS_EXPIRE);
      for (const [minute, value] of [
        [33, 5],
        [34, 2],
      ] as const) {
        await harness.write(['e/a/m', at(minute), value], ['e/c/m', at(minute), value]);
        await store.keep(READINGS_EXPIRE);
        const [a, b] = [
          [minute, 1, value, value, value],
          [57, 1, 4, 4, 4],
        ];
        expect(await told(MINUTE, { groupBy: ['device'], metrics: ['m', 'n'] })).toEqual([
          ['m/a', a],
          ['m/b', b],
          ['m/c', [56, 1, 6, 6, 6], [57, 1, 7, 7, 7]],
          ['n/a', [57, 1, 9, 9, 9]],
        ]);
        expect(await told(30 * MINUTE, { where: { device: ['a', 'b'] } })).toEqual([
          ['m', [30, 2, Math.min(value, 4), Math.max(value, 4), 4]],
        ]);
        expect(await told(MINUTE, { where: { device: ['a', 'b'] } })).toEqual([['m', a, b]]);
        const natively = await harness.answer(
          asked(MINUTE, {
            from: hour,
            to: hour + HOUR,
            aggregate: ['min', 'max', 'sum'],
            where: { device: ['a', 'b'] },
          }),
        );
        expect(natively).toMatchObject([
          { time: [at(minute), at(57)], values: { min: [value, 4], max: [value, 4], sum: [value, 4] } },
        ]);
        expect(await told(HOUR, { where: { device: ['a'] }, metrics: ['m', 'n'] })).toEqual([
          ['m', [0, 1, value, value, value]],
          ['n', [0, 1, 9, 9, 9]],
        ]);
      }
      // The next hour is as it was.
      expect(
        await harness.values(asked(MINUTE, { from: hour + HOUR, to: EXPIRED, aggregate: ['sum'] }), 'sum'),
      ).toEqual([[8]]);
    });

    it('leave no minutes to be counted of those whose place they take', async () => {
      const at = (minute: number) => EXPIRED - 5 * HOUR + minute * MINUTE;
      await harness.write(['e/a/m', at(57), 3], ['e/a/m', EXPIRED + HOUR, 1]);
      await store.keep(READINGS_EXPIRE);
      expect((await harness.store.status()).tiers['1m']).toMatchObject({ rows: 1, oldest: at(57) });
      await harness.write(['e/a/m', at(33), 5]);
      await store.keep(READINGS_EXPIRE);
      expect((await harness.store.status()).tiers['1m']).toMatchObject({ rows: 1, oldest: at(33) });
    });
  });
}
