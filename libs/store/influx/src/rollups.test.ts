import { afterEach, describe, expect, it } from '@jest/globals';
import type { Labels, QueryAggregate, QueryPlan } from '@seawall/model';
import { KEEP_FOR_GOOD, type Cursor, type Retention, type SeriesStore, type StoreChange } from '@seawall/ports';
import { collect, expectEqual, noting, planOf, readingsChange, type PlainReading } from '@seawall/ports/contract';
import { createMemorySeriesStore } from '@seawall/ports/memory';
import fc from 'fast-check';
import { openInfluxStore } from './open-influx-store.ts';
import { influxSuite } from './testing/influx-suite.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const T0 = Date.UTC(2026, 2, 1);
const NOW = T0 + 60 * DAY;
const ALL: QueryAggregate[] = ['count', 'sum', 'mean', 'min', 'max', 'first', 'last', 'stddev', 'rate'];
/** What InfluxDB adds up by itself, of rollups. */
const NATIVE: QueryAggregate[] = ['count', 'sum', 'mean', 'min', 'max', 'rate'];

function asked(stepMs: number, over: Partial<QueryPlan> = {}): QueryPlan {
  const buckets = { kind: 'fixed', origin: T0, stepMs } as const;
  const range = { from: T0, to: T0 + 10 * DAY };
  return planOf({ ...range, buckets, step: `${stepMs}ms`, aggregate: ALL, limit: 1_000_000, ...over });
}

influxSuite((server) => {
  const opened: SeriesStore[] = [];
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
  });

  const open = async (database: string) => {
    const store = await openInfluxStore({ url: server().url, database });
    opened.push(store);
    return store;
  };

  /** The store beside one that computes everything plainly. */
  class Both {
    readonly plain = createMemorySeriesStore();
    readonly database = server().newDatabase();
    store!: SeriesStore;
    #seq = 0;

    async open(): Promise<this> {
      this.store = await open(this.database);
      return this;
    }

    /** As after a restart: what is not in InfluxDB is forgotten. */
    async reopen(): Promise<void> {
      await this.store.close();
      await this.open();
    }

    async write(readings: readonly PlainReading[]): Promise<void> {
      await this.#change(readingsChange(this.#seq + 1, readings));
    }

    async describe(device: string, ...spans: (readonly [from: number, labels: Labels])[]): Promise<void> {
      await this.#change({ kind: 'labels', device, spans: spans.map(([from, labels]) => ({ from, labels })) });
    }

    async #change(change: StoreChange): Promise<void> {
      this.#seq++;
      for (const each of [this.plain, this.store]) await each.write([change], String(this.#seq) as Cursor);
    }

    async maintain(retention: Retention = KEEP_FOR_GOOD): Promise<void> {
      while (await this.store.maintain({ now: NOW, retention }));
    }

    /** @returns what the store answered from */
    async compare(plan: QueryPlan): Promise<Set<string>> {
      const sources: string[] = [];
      const found = await collect(noting(this.store.query(plan), sources));
      expectEqual(found, await collect(this.plain.query(plan)));
      return new Set(sources);
    }
  }

  describe('rows of minutes', () => {
    /** A reading every ten seconds of one device, one a minute of another; then less of both. */
    const readings = [
      ...Array.from({ length: 360 * 3 }, (_, i): PlainReading => ['e/a/m', T0 + i * 10_000, (i * 7) % 31]),
      ...Array.from({ length: 60 * 4 }, (_, i): PlainReading => ['e/b/m', T0 + i * MINUTE + 30_000, (i * 5) % 17]),
      ...['a', 'b'].map((device): PlainReading => [`e/${device}/m`, T0 + 5 * HOUR, 1]),
    ];

    it('are made of hours with several readings a minute, and answer for these', async () => {
      const both = await new Both().open();
      await both.write(readings);
      await both.maintain();
      const { tiers } = await both.store.status();
      expect(tiers['1m']).toEqual({ rows: 360, oldest: T0, newest: T0 + 3 * HOUR - MINUTE });
      expect(await both.compare(asked(5 * MINUTE, { aggregate: NATIVE }))).toEqual(new Set(['1m']));
      expect(await both.compare(asked(MINUTE, { groupBy: ['device'] }))).toEqual(new Set(['1m']));
      expect(await both.compare(asked(90_000))).toEqual(new Set(['raw']));
      expect(await both.compare(asked(HOUR))).toEqual(new Set(['1h']));
      expect(await both.compare(asked(25 * MINUTE, { from: T0 + 12_345 }))).toEqual(new Set(['1m']));
      // Hours of India begin in the middle of ours.
      const halves = { kind: 'fixed', origin: T0 - 30 * MINUTE, stepMs: HOUR } as const;
      expect(await both.compare(asked(HOUR, { buckets: halves }))).toEqual(new Set(['1m']));
    }, 60_000);

    it('are left alone where they have become stale, and are made anew, also after a restart', async () => {
      const both = await new Both().open();
      await both.write(readings);
      await both.maintain();
      await both.write([
        ['e/a/m', T0 + HOUR + 5000, 500],
        ['e/a/m', T0 + 2 * HOUR, -500],
      ]);
      const questions = [asked(MINUTE), asked(20 * MINUTE, { groupBy: ['device'] }), asked(HOUR)];
      await both.reopen();
      for (const question of questions) await both.compare(question);
      await both.maintain();
      for (const question of questions) await both.compare(question);
      expect((await both.store.status()).tiers['1m']).toMatchObject({ rows: 360 });
    }, 60_000);
  });

  describe('rows', () => {
    const days = Array.from({ length: 200 }, (_, i): PlainReading => ['e/a/m', T0 + i * 17 * MINUTE, (i * 7) % 31]);

    it('stand under the labels that hold at their begin, and move when these change', async () => {
      const both = await new Both().open();
      await both.write([...days, ...days.map(([, time, value]): PlainReading => ['e/b/m', time + 1, -value])]);
      await both.maintain();
      await both.describe('a', [-Infinity, { district: 'x' }], [T0 + 10 * HOUR + 20 * MINUTE, { district: 'y' }]);
      const questions = [
        asked(HOUR, { groupBy: ['district'] }),
        asked(DAY, { groupBy: ['district'], aggregate: NATIVE }),
        asked(DAY, { where: { district: ['y'] } }),
        asked(5 * HOUR),
      ];
      for (const question of questions) expect(await both.compare(question)).toContain('1h');
      await both.describe('a', [-Infinity, { district: 'z' }]);
      for (const question of questions) await both.compare(question);
      await both.maintain();
      for (const question of questions) await both.compare(question);
      const { tiers } = await both.store.status();
      expect(tiers['1h']!.rows).toBe(2 * Math.floor((200 * 17) / 60));
    }, 60_000);

    it('move while others are being made', async () => {
      const both = await new Both().open();
      await both.write(days);
      // Both at once: the background gives way, wherever it is.
      await Promise.all([both.maintain(), both.describe('a', [-Infinity, { district: 'x' }])]);
      await Promise.all([
        both.maintain(),
        both.write([
          ['e/a/m', T0 + 90_000, 9],
          ['e/a/m', T0 + 5 * HOUR + 1, 8],
        ]),
      ]);
      await both.maintain();
      for (const question of [asked(HOUR, { groupBy: ['district'] }), asked(DAY)]) {
        expect(await both.compare(question)).toEqual(new Set(['1h']));
      }
    }, 60_000);

    it('are not used for absurd values as long as there are readings', async () => {
      const both = await new Both().open();
      await both.write([0, 1, 2, 7].map((i): PlainReading => ['e/a/m', T0 + 4 * HOUR + i * HOUR, i]));
      await both.maintain();
      const huge = [1e200, -1.7e308, 1.7e308, 1];
      await both.write(huge.map((value, i): PlainReading => ['e/a/m', T0 + i * 100 * MINUTE, value]));
      for (let i = 0; i < 2; i++) {
        for (const over of [{}, { groupBy: ['device'] }])
          await both.compare(asked(HOUR, { ...over, aggregate: ['count', 'min', 'max', 'first', 'last'] }));
        await both.maintain();
        await both.reopen();
      }
    }, 60_000);
  });

  describe('expired readings', () => {
    const EXPIRED = T0 + 5 * DAY;
    const time = fc.oneof(
      fc.integer({ min: 0, max: 10 * 24 * 4 }).map((n) => T0 + n * 15 * MINUTE),
      fc.integer({ min: 0, max: 10 * DAY }).map((n) => T0 + n),
    );
    const path = fc.constantFrom('e/a/m', 'e/b/m', 'e/b/n', 'f/c/m');
    const reading = fc.tuple(
      path,
      time,
      fc.integer({ min: -50, max: 50 }).map((n) => n / 10),
    );
    const write = fc.array(reading, { minLength: 1, maxLength: 80 });
    const wholeHour = fc.integer({ min: 0, max: 240 }).map((n) => T0 + n * HOUR);
    const history = fc.record({
      device: fc.constantFrom('a', 'b'),
      from: wholeHour,
      districts: fc.tuple(fc.constantFrom('x', 'y'), fc.constantFrom('x', 'y')),
    });
    const tiers = fc.constantFrom<Retention>(
      { raw: { '*': 55 * DAY }, '1m': {}, '1h': {} },
      { raw: { '*': 55 * DAY }, '1m': { '*': 55 * DAY }, '1h': {} },
      { raw: { '*': 55 * DAY }, '1m': { '*': 57 * DAY }, '1h': { '*': 80 * DAY } },
    );

    it('leave rollups that answer as they did, whatever is written, described anew and expires when', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(write, fc.option(history), fc.integer({ min: 0, max: 3 })), { minLength: 1, maxLength: 4 }),
          fc.array(fc.tuple(write, fc.option(history), fc.boolean()), { maxLength: 2 }),
          tiers,
          async (writes, later, retention) => {
            const both = await new Both().open();
            const describeIt = async (of: typeof history extends fc.Arbitrary<infer T> ? T | null : never) => {
              if (of === null) return;
              const [before, after] = of.districts;
              await both.describe(of.device, [-Infinity, { district: before }], [of.from, { district: after }]);
            };
            for (const [readings, of, pieces] of writes) {
              await both.write(readings);
              await describeIt(of);
              for (let piece = 0; piece < pieces; piece++)
                await both.store.maintain({ now: NOW, retention: KEEP_FOR_GOOD });
            }
            await both.maintain(retention);
            for (const [readings, of, restarts] of later) {
              if (restarts) await both.reopen();
              await both.write([...readings.filter(([, at]) => at >= EXPIRED), ['e/a/m', T0 + 11 * DAY, 1]]);
              await describeIt(of);
              await both.store.maintain({ now: NOW, retention });
            }
            const oldest = (await both.store.status()).tiers.raw.oldest ?? Infinity;
            expect(oldest).toBeGreaterThanOrEqual(EXPIRED);
            const questions = [
              asked(HOUR, { groupBy: ['district'] }),
              asked(6 * HOUR, { groupBy: ['device'] }),
              asked(DAY, { metrics: ['m', 'n'], aggregate: NATIVE }),
              asked(DAY, { where: { district: ['x'] } }),
            ];
            for (const question of questions) await both.compare(question);
            await both.maintain(retention);
            for (const question of questions) await both.compare(question);
            await both.store.close();
          },
        ),
        { numRuns: 12 },
      );
    }, 300_000);
  });
});
