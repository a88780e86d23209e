import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { QueryAggregate, QueryPlan } from '@seawall/model';
import { KEEP_FOR_GOOD, type Cursor, type Retention, type SeriesStore } from '@seawall/ports';
import { collect, expectEqual, noting, type PlainReading, planOf, readingsChange } from '@seawall/ports/contract';
import { createMemorySeriesStore } from '@seawall/ports/memory';
import fc from 'fast-check';
import { openDuckDbStore } from './open-duckdb-store.ts';

const LONG = process.env.SEAWALL_LONG === '1';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const T0 = Date.UTC(2026, 2, 1);
const NOW = T0 + 60 * DAY;
const ALL: QueryAggregate[] = ['count', 'sum', 'mean', 'min', 'max', 'first', 'last', 'stddev', 'rate'];

let directory: string;
let opened = 0;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'seawall-duckdb-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

function asked(stepMs: number, over: Partial<QueryPlan> = {}): QueryPlan {
  const buckets = { kind: 'fixed', origin: T0, stepMs } as const;
  const range = { from: T0, to: T0 + 10 * DAY };
  return planOf({ ...range, buckets, step: `${stepMs}ms`, aggregate: ALL, limit: 1_000_000, ...over });
}

/** The store beside one that computes everything plainly. */
class Both {
  readonly plain = createMemorySeriesStore();
  readonly store: SeriesStore;
  #seq = 0;

  constructor(store: SeriesStore) {
    this.store = store;
  }

  static async open(): Promise<Both> {
    return new Both(await openDuckDbStore({ path: join(directory, `${opened++}.duckdb`), threads: 1 }));
  }

  async write(readings: readonly PlainReading[]): Promise<void> {
    this.#seq++;
    for (const each of [this.plain, this.store])
      await each.write([readingsChange(this.#seq, readings)], String(this.#seq) as Cursor);
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
  /** A reading every ten seconds of one device, one a minute of another, one a second for the hour after. */
  const readings = [
    ...Array.from({ length: 360 * 3 }, (_, i): PlainReading => ['e/a/m', T0 + i * 10_000, (i * 7) % 31]),
    ...Array.from({ length: 60 * 4 }, (_, i): PlainReading => ['e/b/m', T0 + i * MINUTE + 30_000, (i * 5) % 17]),
    ...Array.from({ length: 3600 }, (_, i): PlainReading => ['e/a/m', T0 + 3 * HOUR + i * 1000, (i * 3) % 41]),
    ...['a', 'b'].map((device): PlainReading => [`e/${device}/m`, T0 + 5 * HOUR, 1]),
  ];

  it('are made where there are several readings a minute, and answer for these', async () => {
    const both = await Both.open();
    try {
      await both.write(readings);
      await both.maintain();
      expect((await both.store.status()).tiers['1m']).toMatchObject({ rows: 240, oldest: T0 });
      expect(await both.compare(asked(5 * MINUTE))).toEqual(new Set(['1m']));
      expect(await both.compare(asked(MINUTE, { groupBy: ['device'] }))).toEqual(new Set(['1m']));
      expect(await both.compare(asked(MINUTE, { where: { device: ['b'] } }))).toEqual(new Set(['raw']));
      expect(await both.compare(asked(90_000))).toEqual(new Set(['raw']));
      expect(await both.compare(asked(HOUR))).toEqual(new Set(['1h']));
      expect(await both.compare(asked(25 * MINUTE, { from: T0 + 12_345 }))).toEqual(new Set(['1m']));
      // Hours of India begin in the middle of ours.
      const halves = { kind: 'fixed', origin: T0 - 30 * MINUTE, stepMs: HOUR } as const;
      expect(await both.compare(asked(HOUR, { buckets: halves }))).toEqual(new Set(['1m']));
    } finally {
      await both.store.close();
    }
  }, 60_000);

  it('are left alone where they have become stale, and are made anew', async () => {
    const both = await Both.open();
    try {
      await both.write(readings);
      await both.maintain();
      await both.write([
        ['e/a/m', T0 + HOUR + 5000, 500],
        ['e/a/m', T0 + 2 * HOUR, -500],
      ]);
      const questions = [asked(MINUTE), asked(20 * MINUTE, { groupBy: ['device'] }), asked(HOUR)];
      for (const question of questions) await both.compare(question);
      await both.maintain();
      for (const question of questions) await both.compare(question);
      expect((await both.store.status()).tiers['1m']).toMatchObject({ rows: 240 });
    } finally {
      await both.store.close();
    }
  }, 60_000);
});

describe('hours with absurd values', () => {
  it('are answered from readings as long as there are any', async () => {
    const both = await Both.open();
    try {
      const huge = [1e200, -1.7e308, 1.7e308, 1];
      await both.write(huge.map((value, i): PlainReading => ['e/a/m', T0 + i * 40 * MINUTE, value]));
      await both.write([0, 1, 2].map((i): PlainReading => ['e/a/m', T0 + 5 * HOUR + i * HOUR, i]));
      await both.maintain();
      const plan = asked(HOUR, { aggregate: ['count', 'min', 'max', 'first', 'last', 'rate'] });
      const found = await collect(both.store.query(plan));
      expect(found).toEqual(await collect(both.plain.query(plan)));
      const [whole] = await collect(both.store.query({ ...plan, aggregate: ['sum', 'mean', 'stddev'] }));
      const [wanted] = await collect(both.plain.query({ ...plan, aggregate: ['sum', 'mean', 'stddev'] }));
      expect(whole!.time).toEqual(wanted!.time);
      for (const name of ['sum', 'mean', 'stddev'])
        whole!.values[name]!.forEach((value, i) => {
          const other = wanted!.values[name]![i]!;
          if (Number.isNaN(other)) expect(value).toBeNaN();
          else expect(Math.abs(value / (Math.abs(other) || 1) - Math.sign(other))).toBeLessThan(1e-9);
        });
    } finally {
      await both.store.close();
    }
  }, 60_000);
});

describe('a file of version 3', () => {
  it('gets rows of the hours with absurd values, which had none', async () => {
    const both = await Both.open();
    const path = join(directory, `${opened - 1}.duckdb`);
    const hour = (value: number) =>
      Array.from({ length: 60 }, (_, i): PlainReading => ['e/a/m', T0 + i * MINUTE, i === 30 ? value : i]);
    await both.write([...hour(Number.MAX_VALUE), ['e/a/m', T0 + 20 * DAY, 1]]);
    await both.maintain();
    await both.store.close();
    const instance = await DuckDBInstance.create(path);
    const connection = await instance.connect();
    await connection.run(`
      CREATE TABLE unrolled AS FROM beyond; DROP TABLE beyond; DELETE FROM rollup_1h;
      ALTER TABLE rollup_1h DROP scaled_sum; ALTER TABLE rollup_1h DROP scaled_m2;
      ALTER TABLE rollup_1m DROP scaled_sum; ALTER TABLE rollup_1m DROP scaled_m2;
      UPDATE state SET version = 3`);
    connection.disconnectSync();
    instance.closeSync();
    const store = await openDuckDbStore({ path });
    try {
      const expired: Retention = { raw: { '*': 50 * DAY }, '1m': { '*': 50 * DAY }, '1h': {} };
      while (await store.maintain({ now: NOW, retention: expired }));
      const plan = asked(HOUR, { aggregate: ['count', 'min', 'max', 'first', 'last', 'sum'] });
      const found = await collect(store.query(plan));
      expect(found).toEqual(await collect(both.plain.query(plan)));
      expect((await store.status()).tiers.raw.rows).toBe(1);
    } finally {
      await store.close();
    }
  }, 60_000);
});

describe('a file of version 1', () => {
  it('is taken over, and what it holds is rolled up', async () => {
    const path = join(directory, 'old.duckdb');
    const instance = await DuckDBInstance.create(path);
    const connection = await instance.connect();
    await connection.run(`
      CREATE TABLE state (version INTEGER NOT NULL, cursor VARCHAR NOT NULL);
      CREATE TABLE series (id UINTEGER NOT NULL, domain VARCHAR NOT NULL, device VARCHAR NOT NULL, metric VARCHAR NOT NULL);
      CREATE TABLE label_history (key VARCHAR NOT NULL, content VARCHAR NOT NULL);
      CREATE TABLE metric (key VARCHAR NOT NULL, content VARCHAR NOT NULL);
      CREATE TABLE raw (series UINTEGER NOT NULL, time BIGINT NOT NULL, value DOUBLE NOT NULL, flags UTINYINT NOT NULL);
      INSERT INTO state VALUES (1, '7');
      INSERT INTO series VALUES (0, 'e', 'a', 'm');
      INSERT INTO raw SELECT 0, ${T0 * 1000} + i * 600000000, i, 0 FROM range(100) t(i)`);
    connection.disconnectSync();
    instance.closeSync();
    const store = await openDuckDbStore({ path });
    try {
      while (await store.maintain({ now: NOW, retention: KEEP_FOR_GOOD }));
      expect(await store.cursor()).toBe('7');
      const [hours] = await collect(store.query(asked(HOUR, { aggregate: ['count'] })));
      expect(hours!.values['count']).toEqual([...Array.from({ length: 16 }, () => 6), 4]);
      expect((await store.status()).tiers['1h']).toMatchObject({ rows: 16 });
    } finally {
      await store.close();
    }
  }, 60_000);
});

describe('expired readings', () => {
  const reading = fc.tuple(
    fc.constantFrom('e/a/m', 'e/b/m', 'e/c/m'),
    fc.oneof(
      fc.integer({ min: 0, max: 10 * 24 * 4 }).map((n) => T0 + n * 15 * MINUTE),
      fc.integer({ min: 0, max: 10 * DAY }).map((n) => T0 + n),
    ),
    fc.integer({ min: -50, max: 50 }).map((n) => n / 10),
  );
  const write = fc.array(reading, { minLength: 1, maxLength: 80 });
  const tiers = fc.constantFrom<Retention>(
    { raw: { '*': 55 * DAY }, '1m': {}, '1h': {} },
    { raw: { '*': 55 * DAY }, '1m': { '*': 55 * DAY }, '1h': {} },
    { raw: { '*': 55 * DAY }, '1m': { '*': 57 * DAY }, '1h': { '*': 80 * DAY } },
  );
  const expired = T0 + 5 * DAY;

  it('leave rollups that answer as they did, whatever is written and expires when', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(write, fc.integer({ min: 0, max: 3 })), { minLength: 1, maxLength: 4 }),
        fc.array(write, { maxLength: 2 }),
        tiers,
        async (writes, later, retention) => {
          const both = await Both.open();
          try {
            for (const [readings, pieces] of writes) {
              await both.write(readings);
              for (let piece = 0; piece < pieces; piece++)
                await both.store.maintain({ now: NOW, retention: KEEP_FOR_GOOD });
            }
            await both.maintain(retention);
            for (const readings of later) {
              // What comes again has expired; what is new has not.
              await both.write(
                writes[0]![0].filter(
                  ([series, time, value]) =>
                    writes.slice(1).every(([others]) => others.every(([s, t]) => s !== series || t !== time)) &&
                    writes[0]![0].findLast(([s, t]) => s === series && t === time)![2] === value,
                ),
              );
              await both.write(readings.filter(([, time]) => time >= expired));
              await both.store.maintain({ now: NOW, retention });
            }
            const oldest = (await both.store.status()).tiers.raw.oldest ?? Infinity;
            if (later.length === 0) expect(oldest).toBeGreaterThanOrEqual(expired);
            for (const question of [asked(HOUR), asked(6 * HOUR, { groupBy: ['device'] }), asked(DAY)])
              await both.compare(question);
            await both.maintain(retention);
            for (const question of [asked(HOUR), asked(6 * HOUR, { groupBy: ['device'] }), asked(DAY)])
              await both.compare(question);
          } finally {
            await both.store.close();
          }
        },
      ),
      { numRuns: LONG ? 60 : 6 },
    );
  }, 300_000);
});
