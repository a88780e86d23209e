import { beforeEach, describe, expect, it } from '@jest/globals';
import { UNDESCRIBED, type QueryPlan } from '@seawall/model';
import type { SeriesStore } from '../series-store.ts';
import {
  collect,
  HOUR,
  planOf,
  T0,
  type PlainReading,
  type StoreHarness,
  type WholeSeries,
} from './series-store-harness.ts';

/** How every SeriesStore cuts its answers, stops, and lists what it has. */
export function pageContract(harness: StoreHarness): void {
  describe('limits and pages', () => {
    beforeEach(async () => {
      const readings = [0, 1, 2, 3, 4].flatMap((i): PlainReading[] => [
        ['e/a/m', T0 + i * HOUR, i],
        ['e/b/m', T0 + i * HOUR, 10 + i],
        ['f/a/m', T0 + i * HOUR + 1, 20 + i],
      ]);
      await harness.write(...readings);
    });

    it('stops one point after the limit', async () => {
      expect((await harness.values({ limit: 3 })).flat()).toHaveLength(4);
      expect((await harness.values({ limit: 14 })).flat()).toHaveLength(15);
      expect((await harness.values({ limit: 15 })).flat()).toHaveLength(15);
    });

    it.each<[string, Partial<QueryPlan>]>([
      ['raw readings', {}],
      [
        'buckets',
        {
          aggregate: ['sum'],
          groupBy: ['device'],
          buckets: { kind: 'fixed', origin: T0, stepMs: 2 * HOUR },
          step: '2h',
        },
      ],
      ['whole ranges', { aggregate: ['sum'], groupBy: ['device'] }],
    ])('goes on exactly after a position, with %s', async (_, over) => {
      const points = (found: WholeSeries[]) =>
        found.flatMap(({ domain, labels, time, values }) =>
          time.map((t, i) => ({
            key: [domain, 'm', `=${labels['device']}`].join('\u0000'),
            t,
            value: Object.values(values)[0]![i],
          })),
        );
      const whole = points(await harness.answer(over));
      for (let i = 0; i < whole.length; i++) {
        const { key, t } = whole[i]!;
        expect(points(await harness.answer({ ...over, after: { series: key, time: t } }))).toEqual(whole.slice(i + 1));
      }
    });

    it('goes on at the start of a series after a position before it', async () => {
      const after = { series: ['e', 'm', '=b'].join('\u0000'), time: -Infinity };
      expect((await harness.values({ after })).map((column) => column![0])).toEqual([10, 20]);
    });
  });

  describe('stopping', () => {
    it('throws the reason of a signal that has aborted', async () => {
      await harness.write(['e/a/m', T0, 1]);
      const reason = new Error('the client went away');
      await expect(collect(harness.store.query(planOf({}), AbortSignal.abort(reason)))).rejects.toBe(reason);
    });

    it('throws the reason of a signal that aborts between chunks', async () => {
      await harness.write(...Array.from({ length: 5000 }, (_, i): PlainReading => ['e/a/m', T0 + i, i]));
      const controller = new AbortController();
      const reason = new Error('the client went away');
      const read = async () => {
        for await (const _ of harness.store.query(planOf({ limit: 5000 }), controller.signal)) controller.abort(reason);
      };
      await expect(read()).rejects.toBe(reason);
    });

    it('takes no harm from a reader that stops early', async () => {
      await harness.write(...Array.from({ length: 5000 }, (_, i): PlainReading => ['e/a/m', T0 + i, i]));
      for (let i = 0; i < 5; i++) {
        for await (const _ of harness.store.query(planOf({ limit: 5000 }))) break;
      }
      expect((await harness.values({ limit: 5000 })).flat()).toHaveLength(5000);
    });
  });

  describe('series', () => {
    beforeEach(async () => {
      await harness.write(['e/b/m', T0 + 5, 2], ['e/b/m', T0, 1], ['e/a/n', T0, 3], ['d/z/m', T0, 4]);
      const metrics = [{ domain: 'e', metric: 'm', unit: 'K' }];
      await harness.change({ kind: 'metrics', metrics });
      await harness.describeDevice('b', [-Infinity, { district: 'old' }], [T0 + 1, { district: 'new' }]);
    });

    it('are listed with their latest reading and the labels of now', async () => {
      const { items, next } = await harness.store.series({}, { limit: 10 });
      expect(next).toBeNull();
      expect(items).toEqual([
        { domain: 'd', device: 'z', metric: 'm', unit: null, labels: UNDESCRIBED, latest: { time: T0, value: 4 } },
        { domain: 'e', device: 'a', metric: 'n', unit: null, labels: UNDESCRIBED, latest: { time: T0, value: 3 } },
        {
          domain: 'e',
          device: 'b',
          metric: 'm',
          unit: 'K',
          labels: { district: 'new' },
          latest: { time: T0 + 5, value: 2 },
        },
      ]);
    });

    it('have the last written value as their latest', async () => {
      await harness.write(['e/b/m', T0 + 5, 20], ['e/b/m', T0 + 4, 30]);
      const { items } = await harness.store.series({ where: { device: ['b'] } }, { limit: 10 });
      expect(items.map(({ latest }) => latest)).toEqual([{ time: T0 + 5, value: 20 }]);
    });

    it('are filtered by metric and by the labels of now', async () => {
      const devices = async (filter: Parameters<SeriesStore['series']>[0]) =>
        (await harness.store.series(filter, { limit: 10 })).items.map(({ device }) => device);
      expect(await devices({ metrics: ['m'] })).toEqual(['z', 'b']);
      expect(await devices({ where: { district: ['new'] } })).toEqual(['b']);
      expect(await devices({ where: { district: ['old'] } })).toEqual([]);
    });

    it('come in pages', async () => {
      const first = await harness.store.series({}, { limit: 2 });
      expect(first.items.map(({ device }) => device)).toEqual(['z', 'a']);
      const second = await harness.store.series({}, { limit: 2, after: first.next! });
      expect(second.items.map(({ device }) => device)).toEqual(['b']);
      expect(second.next).toBeNull();
    });
  });
}
