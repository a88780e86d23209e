import { describe, expect, it } from '@jest/globals';
import { HOUR, T0, type PlainReading, type StoreHarness } from './series-store-harness.ts';

const fixed = { kind: 'fixed', origin: T0, stepMs: HOUR } as const;

/** What every SeriesStore makes of the readings of a bucket. */
export function aggregateContract(harness: StoreHarness): void {
  describe('aggregates', () => {
    it('compute each over the readings of a bucket', async () => {
      const of = [4, 1, 3, 2, 10];
      await harness.write(...of.map((value, i): PlainReading => ['e/a/m', T0 + i, value]), ['e/a/m', T0 + HOUR, 7]);
      const aggregate = ['count', 'sum', 'mean', 'min', 'max', 'first', 'last', 'stddev'] as const;
      const [series] = await harness.answer({ aggregate, buckets: fixed, step: '1h' });
      expect(series).toMatchObject({ domain: 'e', metric: 'm', labels: {}, time: [T0, T0 + HOUR] });
      const { stddev, ...others } = series!.values;
      expect(others).toEqual({
        count: [5, 1],
        sum: [20, 7],
        mean: [4, 7],
        min: [1, 7],
        max: [10, 7],
        first: [4, 7],
        last: [10, 7],
      });
      expect(stddev![0]).toBeCloseTo(Math.sqrt(12.5), 9);
      expect(stddev![1]).toBeNaN();
    });

    it('have a point where there is a reading, even one of nothing but null', async () => {
      await harness.write(['e/a/m', T0, 4], ['e/a/m', T0 + HOUR, 1], ['e/a/m', T0 + HOUR + 1, 1]);
      expect(await harness.answer({ aggregate: ['stddev'], buckets: fixed, step: '1h' })).toMatchObject([
        { time: [T0, T0 + HOUR], values: { stddev: [NaN, 0] } },
      ]);
    });

    it('answer for values near the end of what a double holds, and NaN for what is beyond it', async () => {
      const huge = [1e200, -1e200];
      const largest = [1.7e308, 1.7e308];
      const opposite = [-1.7e308, 1.7e308, 1.7e308];
      const plain = [1, 3];
      const readings = [huge, largest, opposite, plain].flatMap((of, bucket) =>
        of.map((value, i): PlainReading => ['e/a/m', T0 + bucket * HOUR + i, value]),
      );
      await harness.write(...readings);
      const [series] = await harness.answer({ aggregate: ['sum', 'mean', 'stddev'], buckets: fixed, step: '1h' });
      const { sum, mean, stddev } = series!.values;
      expect(sum).toEqual([0, NaN, 1.7e308, 4]);
      expect(mean!.map((value) => value / 1.7e308)).toEqual([0, 1, expect.closeTo(1 / 3, 12), 2 / 1.7e308]);
      expect(stddev).toEqual([expect.any(Number), 0, NaN, expect.closeTo(Math.SQRT2, 12)]);
      expect(stddev![0]! / 1e200).toBeCloseTo(Math.SQRT2, 12);
    });

    it('take percentiles at the nearest rank ⌊np + 0.5⌋', async () => {
      // Of 1…10 the value is the rank: p1 → ⌊0.6⌋ clamped to 1, p25 → ⌊3⌋, p45 → ⌊5⌋, p50 → ⌊5.5⌋, p55 → ⌊6⌋, p99 → ⌊10.4⌋.
      await harness.write(...[3, 1, 2, 10, 9, 8, 4, 7, 6, 5].map((value, i): PlainReading => ['e/a/m', T0 + i, value]));
      const [series] = await harness.answer({
        aggregate: ['p1', 'p25', 'p45', 'p50', 'p54', 'p55', 'p94', 'p95', 'p99'],
      });
      expect(Object.values(series!.values).flat()).toEqual([1, 3, 5, 5, 5, 6, 9, 10, 10]);
    });

    it('take the greatest value of several first or last ones', async () => {
      await harness.write(
        ['e/a/m', T0, 1],
        ['e/b/m', T0, 5],
        ['e/c/m', T0, 3],
        ['e/a/m', T0 + 9, -4],
        ['e/b/m', T0 + 9, -6],
      );
      expect(await harness.answer({ aggregate: ['first', 'last'] })).toMatchObject([
        { values: { first: [5], last: [-4] } },
      ]);
    });

    it('make one bucket of the range where there is no step', async () => {
      await harness.write(['e/a/m', T0, 1], ['e/b/m', T0 + HOUR, 5]);
      expect(await harness.answer({ from: T0 - 7, aggregate: ['count'] })).toMatchObject([
        { time: [T0 - 7], values: { count: [2] } },
      ]);
    });

    it('hold only what lies inside the range', async () => {
      await harness.write(...[0, 1, 2, 3].map((i): PlainReading => ['e/a/m', T0 + (i * HOUR) / 2, i]));
      const found = await harness.answer({
        from: T0 + 1,
        to: T0 + 1.5 * HOUR,
        aggregate: ['sum'],
        buckets: fixed,
        step: '1h',
      });
      expect(found).toMatchObject([{ time: [T0, T0 + HOUR], values: { sum: [1, 2] } }]);
    });

    it('follow listed buckets of unequal length', async () => {
      const starts = [T0, T0 + HOUR, T0 + 3 * HOUR, T0 + 4 * HOUR, T0 + 6 * HOUR];
      await harness.write(...Array.from({ length: 14 }, (_, i): PlainReading => ['e/a/m', T0 + (i * HOUR) / 2, i]));
      const buckets = { kind: 'listed', starts, end: T0 + 7 * HOUR } as const;
      const [series] = await harness.answer({
        from: T0,
        to: T0 + 7 * HOUR,
        aggregate: ['count', 'first'],
        buckets,
        step: '1h',
      });
      expect(series).toMatchObject({ time: starts, values: { count: [2, 4, 2, 4, 2], first: [0, 2, 6, 8, 12] } });
    });

    it('never mix domains or metrics', async () => {
      await harness.write(['e/a/m', T0, 1], ['f/a/m', T0, 2], ['e/a/n', T0, 3]);
      const found = await harness.answer({ metrics: ['m', 'n'], aggregate: ['sum'] });
      expect(found.map(({ domain, metric, values }) => [domain, metric, values['sum']])).toEqual([
        ['e', 'm', [1]],
        ['e', 'n', [3]],
        ['f', 'm', [2]],
      ]);
    });

    it('group by labels and device, a missing label first', async () => {
      await harness.write(['e/a/m', T0, 1], ['e/b/m', T0, 2], ['e/c/m', T0, 4]);
      await harness.describeDevice('a', [-Infinity, { site: 's2' }]);
      await harness.describeDevice('b', [-Infinity, { site: 's1' }]);
      const sums = (groupBy: string[]) => harness.answer({ aggregate: ['sum'], groupBy });
      expect((await sums(['site'])).map(({ labels, values }) => [labels, values['sum']])).toEqual([
        [{}, [4]],
        [{ site: 's1' }, [2]],
        [{ site: 's2' }, [1]],
      ]);
      expect((await sums(['device'])).map(({ labels }) => labels)).toEqual([
        { device: 'a' },
        { device: 'b' },
        { device: 'c' },
      ]);
      expect((await sums(['domain'])).map(({ labels, values }) => [labels, values['sum']])).toEqual([[{}, [7]]]);
    });

    it('group each reading by the labels at its event time, also within a bucket', async () => {
      await harness.write(['e/a/m', T0, 1], ['e/a/m', T0 + 10, 2], ['e/a/m', T0 + 20, 4], ['e/b/m', T0, 8]);
      await harness.describeDevice(
        'a',
        [-Infinity, { district: 'x' }],
        [T0 + 10, { district: 'y' }],
        [T0 + 20, { district: 'x' }],
      );
      await harness.describeDevice('b', [-Infinity, { district: 'y' }]);
      const found = await harness.answer({ aggregate: ['sum'], groupBy: ['district'] });
      expect(found.map(({ labels, values }) => [labels['district'], values['sum']])).toEqual([
        ['x', [5]],
        ['y', [10]],
      ]);
    });

    it('count a replaced reading once', async () => {
      await harness.write(['e/a/m', T0, 100], ['e/a/m', T0 + 1, 1]);
      await harness.write(['e/a/m', T0, 2]);
      expect(await harness.answer({ aggregate: ['sum', 'count'] })).toMatchObject([
        { values: { sum: [3], count: [2] } },
      ]);
    });
  });
}
