import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { QueryAggregate } from '@seawall/model';
import { KEEP_FOR_GOOD, type Cursor, type Retention, type SeriesStore, type StoreChange } from '@seawall/ports';
import { collect, expectEqual, planOf, readingsChange, type PlainReading } from '@seawall/ports/contract';
import { createMemorySeriesStore } from '@seawall/ports/memory';
import { openInfluxStore } from './open-influx-store.ts';
import { answer, startFaultyProxy, type FaultyProxy } from './testing/faulty-proxy.ts';
import { influxSuite } from './testing/influx-suite.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const T0 = Date.UTC(2026, 2, 1);
const NOW = T0 + 40 * DAY;
/** With NOW, readings before the second day expire. */
const HOURS_STAY: Retention = { raw: { '*': 39 * DAY }, '1m': { '*': 39 * DAY }, '1h': {} };
const ALL: QueryAggregate[] = ['count', 'sum', 'mean', 'min', 'max', 'first', 'last', 'stddev', 'rate'];

const readings = Array.from({ length: 40 }, (_, i): PlainReading => [
  `e/${i % 3 === 0 ? 'b' : 'a'}/m`,
  T0 + i * 55 * MINUTE,
  (i * 7) % 31,
]);

/** A write, or the background's work until there is none. */
type Step = { readonly change: StoreChange } | { readonly retention: Retention };

const STEPS: readonly Step[] = [
  { change: readingsChange(1, readings) },
  { retention: KEEP_FOR_GOOD },
  {
    change: readingsChange(2, [
      ['e/a/m', T0 + 3 * HOUR + 1, 100],
      ['e/b/m', T0 + 9 * HOUR + 1, -100],
    ]),
  },
  {
    change: {
      kind: 'labels',
      device: 'a',
      spans: [
        { from: -Infinity, labels: { district: 'x' } },
        { from: T0 + 7 * HOUR, labels: { district: 'y' } },
      ],
    },
  },
  { retention: KEEP_FOR_GOOD },
  { change: readingsChange(4, [['e/a/m', T0 + 35 * HOUR, 5]]) },
  { retention: HOURS_STAY },
];

influxSuite((server) => {
  let proxy: FaultyProxy;
  beforeAll(async () => {
    proxy = await startFaultyProxy(server().url);
  });
  afterAll(() => proxy.close());

  it('a crash at any request of the background work leaves it undone or done', async () => {
    const plain = createMemorySeriesStore();
    const changes = STEPS.flatMap((step) => ('change' in step ? [step.change] : []));
    for (const [i, change] of changes.entries()) await plain.write([change], String(i + 1) as Cursor);
    const plans = [{ groupBy: ['district'] }, { groupBy: ['device'] }].map((over) =>
      planOf({
        from: T0,
        to: T0 + 2 * DAY,
        buckets: { kind: 'fixed', origin: T0, stepMs: HOUR },
        step: '1h',
        aggregate: ALL,
        ...over,
      }),
    );
    let crashes = 0;
    // Until a run has no fault any more.
    for (let nth = 1, struck = true; struck; nth += 3) {
      const database = server().newDatabase();
      const open = () => openInfluxStore({ url: proxy.url, database });
      let store: SeriesStore = await open();
      let [count, seq] = [0, 0];
      struck = false;
      const run = async (step: Step) => {
        if ('retention' in step) while (await store.maintain({ now: NOW, retention: step.retention }));
        else await store.write([step.change], String(seq) as Cursor);
      };
      for (const step of STEPS) {
        if ('change' in step) seq++;
        const faulty = 'retention' in step;
        proxy.setFault(async (passing) => {
          if (!faulty || struck || ++count !== nth) return answer(passing.response, await passing.forward());
          struck = true;
          // Half of the time InfluxDB has done it, and nobody knows.
          if (nth % 2 === 1) await passing.forward();
          passing.response.destroy();
        });
        try {
          await run(step);
        } catch {
          crashes++;
          await store.close();
          store = await open();
          await run(step);
        }
      }
      proxy.setFault(undefined);
      for (const plan of plans) expectEqual(await collect(store.query(plan)), await collect(plain.query(plan)));
      const { tiers, readings: left } = await store.status();
      expect(left).toBe(readings.filter(([, time]) => time >= T0 + DAY).length + 1);
      expect(tiers['1h']!.rows).toBe(EXPECTED_ROWS);
      await store.close();
    }
    expect(crashes).toBeGreaterThan(5);
  }, 180_000);
});

/** One for each device and hour that has readings, but for the last hour. */
const EXPECTED_ROWS = new Set(
  [...readings, ['e/a/m', T0 + 3 * HOUR + 1], ['e/b/m', T0 + 9 * HOUR + 1]]
    .filter(([, time]) => Number(time) < T0 + 35 * HOUR)
    .map(([path, time]) => `${String(path)} ${Math.floor(Number(time) / HOUR)}`),
).size;
