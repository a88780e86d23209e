import { describe, expect, it } from '@jest/globals';
import type { QueryAggregate, QueryPlan } from '@seawall/model';
import { KEEP_FOR_GOOD, type Retention } from '../retention.ts';
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
  NOTHING_STAYS,
  NOW,
  since,
  type Question,
  type Rates,
} from './aging-store.ts';
import { HOUR, T0, type PlainReading, type StoreHarness, type WholeSeries } from './series-store-harness.ts';

/** What has expired is gone, and whoever asks is told. @param rollups whether the store makes any */
export function retentionContract(harness: StoreHarness, rollups: boolean): void {
  const store = new AgingStore(harness);

  describe('retention', () => {
    it('lets go what has expired, of each domain in its time, and the series of which nothing is left', async () => {
      await harness.write(...days(), ['f/a/m', EXPIRED - DAY, 1], ['g/a/m', EXPIRED - DAY, 1]);
      const retention: Retention = {
        raw: { ...NOTHING_STAYS.raw, f: 50 * DAY },
        '1m': { ...NOTHING_STAYS['1m'], f: 50 * DAY },
        '1h': { ...NOTHING_STAYS['1h'], f: 50 * DAY },
      };
      await store.keep(retention);
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
      await store.keep(NOTHING_STAYS);
      const lack = async (over: Partial<QueryPlan>) =>
        (await store.chunks(over)).map(({ domain, time, expiredBefore, partial }) => [
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
      await store.keep(rollups ? HOURS_STAY : NOTHING_STAYS);
      for (const over of [{ limit: 10_000 }, { aggregate: ['count'] as const }]) {
        const empty = { ...over, from: EXPIRED - 51 * HOUR + 1, to: EXPIRED - 50 * HOUR - 1 };
        expect(await store.chunks(empty)).toEqual([]);
      }
      if (!rollups) return;
      const whole = { aggregate: ['count'], from: EXPIRED - 50 * HOUR + 1, to: EXPIRED } as const;
      expect(await harness.answer(whole)).toEqual(before);
      expect((await store.chunks(whole)).map(({ expiredBefore, partial }) => [expiredBefore, partial])).toEqual([
        [undefined, undefined],
      ]);
    });

    it('answers what is kept of a bucket that what has expired cuts, a rate by its seconds', async () => {
      await harness.write(...days());
      const kept = await harness.answer({ aggregate: ALL, from: EXPIRED, to: NOW });
      await store.keep(NOTHING_STAYS);
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
      const wanted = [await store.rates(byDay), await store.rates(byQuarter)] as const;
      await store.keep(NOTHING_STAYS);
      const untold = (rate: Rates, device: string, at: number) => {
        expect(rate.get(device)?.get(at)).not.toBeUndefined();
        rate.get(device)!.set(at, NaN);
      };
      const left = wanted.map((rate) => since(rate, EXPIRED)) as [Rates, Rates];
      for (const rate of left) untold(rate, 'a', EXPIRED);
      untold(left[0], 'b', EXPIRED);
      untold(left[1], 'b', EXPIRED + 12 * HOUR);
      expect([await store.rates(byDay), await store.rates(byQuarter)]).toEqual(left);
      expect(await store.marked(byDay)).toEqual({ a: [EXPIRED], b: [EXPIRED] });
      expect(await store.marked(byQuarter)).toEqual({ a: [EXPIRED], b: [EXPIRED + 12 * HOUR] });
      // One of its two series is enough.
      expect(await store.marked(asked(6 * HOUR))).toEqual({ '': [EXPIRED, EXPIRED + 12 * HOUR] });
      expect(await store.marked(asked(DAY, { aggregate: ['count'] }))).toEqual({});
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
      await store.keep(NOTHING_STAYS);
      const question = asked(6 * HOUR);
      expect(await store.marked(question)).toEqual({ '': [EXPIRED] });
      expect([...(await store.rates(question)).get('')!.values()]).toEqual([NaN, expect.closeTo(501 / 21_600, 9)]);
    });

    it('tells a rate that begins after the first reading that is left of a series', async () => {
      await harness.write(...counters());
      const later = asked(6 * HOUR, { groupBy: ['device'], from: EXPIRED + 2 * HOUR, where: { device: ['a', 'c'] } });
      const wanted = await store.rates(later);
      await store.keep(NOTHING_STAYS);
      expect(await store.rates(later)).toEqual(wanted);
      expect(await store.marked(later)).toEqual({});
    });

    it('tells the rate of the seconds that are left where the bucket of a first reading is cut as well', async () => {
      await harness.write(...counters());
      await store.keep(NOTHING_STAYS);
      const cut = asked(DAY, {
        buckets: { kind: 'fixed', origin: T0 + 12 * HOUR, stepMs: DAY },
        groupBy: ['device'],
        where: { device: ['a', 'b'] },
      });
      // A row of its hour may have been made in time to know what the first reading has added, half of these 12 hours'.
      const anHour = (await store.rates(cut)).get('a')!.get(EXPIRED - 12 * HOUR)! * 3600;
      expect([0.5, 1].some((known) => Math.abs(anHour - known) < 1e-6)).toBe(true);
      expect(await store.marked(cut)).toEqual({
        a: [EXPIRED - 12 * HOUR],
        b: [EXPIRED - 12 * HOUR, EXPIRED + 12 * HOUR],
      });
    });

    it('takes readings again that had expired, and lets them go again', async () => {
      await harness.write(...days());
      await store.keep(NOTHING_STAYS);
      const { readings } = await harness.store.status();
      await harness.write(['e/a/m', EXPIRED - DAY, 1], ['e/a/m', EXPIRED + DAY, 2]);
      await store.keep(NOTHING_STAYS);
      expect(await harness.store.status()).toMatchObject({ readings: readings + 1 });
    });
  });

  it('what is kept longer from now on, and is brought back, is found by sums as well', async () => {
    await harness.write(...days());
    const question = asked(HOUR, { aggregate: ['count', 'sum'] });
    const before = await harness.answer(question);
    await store.keep(NOTHING_STAYS);
    await store.keep(KEEP_FOR_GOOD);
    await harness.write(...days());
    expectSame(await harness.answer(question), before);
    await store.keep(KEEP_FOR_GOOD);
    expectSame(await harness.answer(question), before);
  });
}
