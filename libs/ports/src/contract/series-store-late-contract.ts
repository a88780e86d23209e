import { describe, expect, it } from '@jest/globals';
import type { QueryAggregate } from '@seawall/model';
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
  });
}
