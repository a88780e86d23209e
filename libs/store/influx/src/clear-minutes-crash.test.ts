import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Cursor, Retention } from '@seawall/ports';
import { collect, planOf, readingsChange } from '@seawall/ports/contract';
import { openInfluxStore } from './open-influx-store.ts';
import { answer, startFaultyProxy, type FaultyProxy } from './testing/faulty-proxy.ts';
import { influxSuite } from './testing/influx-suite.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const T0 = Date.UTC(2026, 2, 1);
const NOW = T0 + 40 * DAY;
/** With NOW, readings before the second day expire. */
const ROLLUPS_STAY: Retention = { raw: { '*': 39 * DAY }, '1m': {}, '1h': {} };
const LATER = T0 + 30 * HOUR;

influxSuite((server) => {
  let proxy: FaultyProxy;
  beforeAll(async () => {
    proxy = await startFaultyProxy(server().url);
  });
  afterAll(() => proxy.close());

  it('a crash at any request of the work on a replaced row leaves no minutes of before', async () => {
    let crashes = 0;
    // Until a run has no fault any more.
    for (let nth = 1, struck = true; struck; nth++) {
      const database = server().newDatabase();
      const open = () => openInfluxStore({ url: proxy.url, database });
      let store = await open();
      const keep = async () => {
        while (await store.maintain({ now: NOW, retention: ROLLUPS_STAY }));
      };
      const before = readingsChange(1, [
        ['e/a/m', T0 + 57 * MINUTE, 3],
        ['e/a/n', T0 + 57 * MINUTE, 4],
        ['e/a/m', LATER, 1],
      ]);
      await store.write([before], '1' as Cursor);
      await keep();
      await store.write([readingsChange(2, [['e/a/m', T0 + 33 * MINUTE, 5]])], '2' as Cursor);
      let count = 0;
      struck = false;
      proxy.setFault(async (passing) => {
        if (struck || ++count !== nth) return answer(passing.response, await passing.forward());
        struck = true;
        // Half of the time InfluxDB has done it, and nobody knows.
        if (nth % 2 === 1) await passing.forward();
        passing.response.destroy();
      });
      try {
        await keep();
      } catch {
        crashes++;
        await store.close();
        store = await open();
        await keep();
      }
      proxy.setFault(undefined);
      const minutes = { kind: 'fixed', origin: T0, stepMs: MINUTE } as const;
      const over = { metrics: ['m', 'n'], from: T0, to: T0 + HOUR, buckets: minutes, step: '1m' };
      const found = await collect(store.query(planOf({ ...over, aggregate: ['count', 'sum', 'min'] })));
      expect([nth, ...found.map(({ time, values }) => [time[0], values])]).toEqual([
        nth,
        [T0 + 33 * MINUTE, { count: [1], sum: [5], min: [5] }],
        [T0 + 57 * MINUTE, { count: [1], sum: [4], min: [4] }],
      ]);
      await store.close();
    }
    expect(crashes).toBeGreaterThan(5);
  }, 180_000);
});
