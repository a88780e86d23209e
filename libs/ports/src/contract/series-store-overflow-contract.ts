import { describe, expect, it } from '@jest/globals';
import type { QueryAggregate, QueryPlan } from '@seawall/model';
import { KEEP_FOR_GOOD } from '../retention.ts';
import { AgingStore, NOW } from './aging-store.ts';
import { HOUR, T0, type PlainReading, type StoreHarness } from './series-store-harness.ts';

const MINUTE = 60_000;
/** In units of 1e307, of two devices: what they come to is a double, and what comes before it is none. */
const UNIT = 1e307;
const HUGE = { x: [10, 10, 5], y: [-10, -10] };
const WANTED: Readonly<Partial<Record<QueryAggregate, number>>> = {
  count: 5 / UNIT,
  sum: 5,
  mean: 1,
  min: -10,
  max: 10,
  stddev: Math.sqrt(105),
};

/** What every SeriesStore makes of values that no double holds the sum or the squares of. @param tiers as in `seriesStoreContract` */
export function overflowContract(harness: StoreHarness, tiers: boolean): void {
  const store = new AgingStore(harness);
  const hour = (n: number) => T0 + n * HOUR;
  const writeAll = () =>
    harness.write(
      ...Object.entries(HUGE).flatMap(([device, values], d) =>
        values.map((value, i): PlainReading => [`e/${device}/m`, hour(0) + (2 * i + d) * MINUTE, value * UNIT]),
      ),
      ['e/x/m', hour(1), 1],
      ['e/x/m', hour(2), 1],
      ['e/y/m', hour(2) + 1, 3],
      ['e/x/m', hour(30), 1],
    );
  const steps: Readonly<Record<string, Partial<QueryPlan>>> = {
    'by the hour': { buckets: { kind: 'fixed', origin: T0, stepMs: HOUR }, step: '1h', to: hour(3) },
    'by listed hours': { buckets: { kind: 'listed', starts: [0, 1, 2].map(hour), end: hour(3) }, step: '1d' },
    'in one bucket': { to: hour(1) },
  };
  const asked: readonly (readonly QueryAggregate[])[] = [
    ['mean'],
    ['sum'],
    ['stddev'],
    ['mean', 'count'],
    ['mean', 'stddev'],
    ['min', 'stddev', 'max'],
    ['sum', 'first'],
  ];
  /** By aggregate: what the hours come to, of which the first is told in units. */
  const plain: Readonly<Partial<Record<QueryAggregate, readonly number[]>>> = {
    count: [1, 2],
    sum: [1, 4],
    mean: [1, 2],
    min: [1, 1],
    max: [1, 3],
    stddev: [NaN, Math.SQRT2],
  };

  const compare = async (over: Partial<QueryPlan>) => {
    for (const aggregate of asked) {
      const found = await harness.answer({ from: T0, to: hour(3), ...over, aggregate });
      const hours = over.buckets === undefined ? [hour(0)] : [0, 1, 2].map(hour);
      expect([aggregate, ...found.map(({ time }) => time)]).toEqual([aggregate, hours]);
      for (const name of aggregate.filter((of) => of !== 'first')) {
        const [first, ...others] = found[0]!.values[name]!;
        expect([name, first! / UNIT]).toEqual([name, expect.closeTo(WANTED[name]!, 12)]);
        expect([name, ...others.map((of) => Math.round(of * 1e12) / 1e12)]).toEqual([
          name,
          ...plain[name]!.slice(0, others.length).map((of) => Math.round(of * 1e12) / 1e12),
        ]);
      }
    }
  };

  describe('values that no double holds the sum or the squares of', () => {
    it.each(Object.entries(steps))('answer %s as long as the result is one', async (_, over) => {
      await writeAll();
      await compare(over);
      if (!tiers) return;
      await store.keep(KEEP_FOR_GOOD, NOW);
      await compare(over);
    });

    it('have their deviation, though the sum of their squares goes through infinity', async () => {
      const swings = [10, -10, 10, -10].map((of, i): PlainReading => ['e/x/m', hour(0) + i * MINUTE, of * UNIT]);
      await harness.write(...swings, ['e/x/m', hour(1), 1], ['e/y/m', hour(2), 1], ['e/x/m', hour(30), 1]);
      const deviations = async (hours: number, aggregate: readonly QueryAggregate[]) => {
        const buckets = { kind: 'fixed', origin: T0, stepMs: hours * HOUR } as const;
        const over = { aggregate, buckets, step: `${hours}h`, from: T0, to: hour(3) };
        return (await harness.values(over, 'stddev')).map((of) => of!.map((value) => value / UNIT));
      };
      const compareAll = async () => {
        for (const besides of [[], ['min'], ['sum', 'mean'], ['count'], ['p50']] as const) {
          expect(await deviations(1, ['stddev', ...besides])).toEqual([
            [expect.closeTo(20 / Math.sqrt(3), 12), NaN, NaN],
          ]);
          expect(await deviations(3, ['stddev', ...besides])).toEqual([[expect.closeTo(20 / Math.sqrt(5), 12)]]);
        }
      };
      await compareAll();
      if (!tiers) return;
      await store.keep(KEEP_FOR_GOOD, NOW);
      await compareAll();
    });

    it('are no hindrance to the groups before and after them', async () => {
      await writeAll();
      await harness.write(['e/p/m', hour(0), 7], ['e/q/m', hour(0), 8]);
      const districts = { p: 'a', x: 'b', y: 'b', q: 'c' };
      for (const [device, district] of Object.entries(districts))
        await harness.describeDevice(device, [-Infinity, { district }]);
      const by = { from: T0, to: hour(1), buckets: { kind: 'fixed', origin: T0, stepMs: HOUR }, step: '1h' } as const;
      expect(await harness.values({ ...by, aggregate: ['mean'], groupBy: ['district'] }, 'mean')).toEqual([
        [7],
        [expect.closeTo(UNIT, -295)],
        [8],
      ]);
    });
  });
}
