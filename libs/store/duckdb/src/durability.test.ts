import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { KEEP_FOR_GOOD, StoreUnavailableError, type Cursor, type SeriesStore, type StoreChange } from '@seawall/ports';
import { collect, planOf, readingsChange, type PlainReading } from '@seawall/ports/contract';
import { openDuckDbStore } from './open-duckdb-store.ts';

const READINGS_PER_WRITE = 200;
const WRITER = fileURLToPath(new URL('./crash-writer.fixture.mjs', import.meta.url));
const MAINTAINER = fileURLToPath(new URL('./crash-maintainer.fixture.mjs', import.meta.url));
const HOUR = 3_600_000;
const LONG = process.env.SEAWALL_LONG === '1';
/** A write takes some milliseconds, so these end in different parts of one. */
const WRITE_KILLS_MS = LONG ? [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] : [0, 3, 5, 8];
const WORK_KILLS_MS = LONG ? [3, 40, 90, 170] : [40, 170];

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'seawall-duckdb-'));
  path = join(directory, 'series.duckdb');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function withStore<T>(use: (store: SeriesStore) => Promise<T>): Promise<T> {
  const store = await openDuckDbStore({ path });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** Resolves with the child once it has said that write `n` is stored. */
async function writerPast(n: number, script = WRITER): Promise<{ child: ChildProcess; said: () => number }> {
  const child = spawn(process.execPath, [script, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  let last = 0;
  const lines = createInterface({ input: child.stdout });
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => {
      last = Number(line);
      if (last >= n) resolve();
    });
    child.once('exit', (code) => reject(new Error(`The writer ended with ${code}; is the library built?`)));
  });
  return { child, said: () => last };
}

/** Every hour is what its readings come to. */
async function expectHoursOfReadings(store: SeriesStore): Promise<void> {
  const buckets = { kind: 'fixed', origin: 0, stepMs: HOUR } as const;
  const range = { from: 1.7e12, to: 1.9e12, limit: 10_000_000 };
  const aggregate = ['count', 'sum', 'last'] as const;
  const hours = await collect(store.query(planOf({ ...range, buckets, step: '1h', aggregate, groupBy: ['device'] })));
  const readings = await collect(store.query(planOf(range)));
  expect(hours).toHaveLength(readings.length);
  readings.forEach(({ time, values }, i) => {
    const wanted = new Map<number, { count: number; sum: number; last: number }>();
    time.forEach((at, j) => {
      const start = Math.floor(at / HOUR) * HOUR;
      const { count, sum } = wanted.get(start) ?? { count: 0, sum: 0 };
      const value = values['value']![j]!;
      wanted.set(start, { count: count + 1, sum: sum + value, last: value });
    });
    expect(hours[i]!.time).toEqual([...wanted.keys()]);
    for (const name of aggregate) expect(hours[i]!.values[name]).toEqual([...wanted.values()].map((of) => of[name]));
  });
}

async function killed(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

describe('the DuckDB store on disk', () => {
  it('holds exactly what its cursor says after SIGKILL in the middle of writes', async () => {
    for (const delayMs of WRITE_KILLS_MS) {
      const { child, said } = await writerPast(5 + delayMs);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      await killed(child);
      await withStore(async (store) => {
        const stored = Number(await store.cursor());
        expect(stored).toBeGreaterThanOrEqual(said());
        expect(await store.status()).toMatchObject({ readings: stored * READINGS_PER_WRITE });
        const [series] = await collect(store.query(planOf({ limit: 1_000_000 })));
        const blocks = Array.from({ length: stored }, (_, block) => Math.min(block + 2, stored));
        expect(series!.values['value']).toEqual(
          blocks.flatMap((value) => new Array<number>(READINGS_PER_WRITE).fill(value)),
        );
      });
    }
  }, 60_000);

  it('has done or not done what was under way in the background, after SIGKILL in the middle of it', async () => {
    for (const delayMs of WORK_KILLS_MS) {
      const begun = await withStore(async (store) => Number(await store.cursor()));
      const { child } = await writerPast(begun + 3, MAINTAINER);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      await killed(child);
      await withStore(async (store) => {
        const stored = Number(await store.cursor());
        expect(await store.status()).toMatchObject({ readings: stored * 5000, series: 5 });
        for (const maintained of [false, true]) {
          while (maintained && (await store.maintain({ now: 1.9e12, retention: KEEP_FOR_GOOD })));
          await expectHoursOfReadings(store);
        }
        expect((await store.status()).tiers['1h']!.rows).toBe(5 * (4 * stored - 1));
      });
    }
  }, 120_000);

  it('says so when another process has it open', async () => {
    const { child } = await writerPast(1);
    try {
      await expect(openDuckDbStore({ path })).rejects.toThrow(/is open in another process; stop that one/);
    } finally {
      await killed(child);
    }
  }, 60_000);

  it('knows series, labels, units, latest readings and its cursor after it was opened again', async () => {
    const readings: PlainReading[] = [
      ['e/a/m', 1000, 1],
      ['e/a/m', 3000, 3],
      ['e/a/m', 2000, 2],
      ['e/b/n', 5, 5],
    ];
    const changes: StoreChange[] = [
      {
        kind: 'labels',
        device: 'a',
        spans: [
          { from: -Infinity, labels: { district: 'x' } },
          { from: 2000, labels: { district: 'y' } },
        ],
      },
      { kind: 'metrics', metrics: [{ domain: 'e', metric: 'm', unit: 'K' }] },
      readingsChange(1, readings),
    ];
    const look = async (store: SeriesStore) => ({
      cursor: await store.cursor(),
      series: await store.series({}, { limit: 10 }),
      readings: await collect(store.query(planOf({ metrics: ['m', 'n'] }))),
      old: await collect(store.query(planOf({ where: { district: ['x'] } }))),
    });
    const before = await withStore(async (store) => {
      await store.write(changes, '7' as Cursor);
      return look(store);
    });
    expect(await withStore(look)).toEqual(before);
    await withStore(async (store) => {
      await store.write(changes, '7' as Cursor);
      await store.write([readingsChange(8, readings)], '8' as Cursor);
      expect(await store.status()).toMatchObject({ readings: 4, series: 2 });
    });
  });

  it('stores nothing of a write that fails, and goes on with the next', async () => {
    await withStore(async (store) => {
      await store.write([readingsChange(1, [['e/a/m', 1000, 1]])], '1' as Cursor);
      const unwritable = {
        kind: 'labels',
        device: 'a',
        spans: [{ from: 0, labels: { x: 1n } }],
      } as unknown as StoreChange;
      const failing = store.write(
        [
          readingsChange(2, [
            ['e/a/m', 1000, 2],
            ['e/z/m', 9, 9],
          ]),
          unwritable,
        ],
        '2' as Cursor,
      );
      await expect(failing).rejects.toThrow(StoreUnavailableError);
      expect(await store.cursor()).toBe('1');
      await store.write([readingsChange(2, [['e/b/m', 1000, 3]])], '2' as Cursor);
      const found = await collect(store.query(planOf({})));
      expect(found.map(({ labels, values }) => [labels['device'], values['value']])).toEqual([
        ['a', [1]],
        ['b', [3]],
      ]);
      expect(await store.status()).toMatchObject({ readings: 2, series: 2 });
    });
  });

  it('refuses a file of another version', async () => {
    const { DuckDBInstance } = await import('@duckdb/node-api');
    await withStore(async () => undefined);
    const instance = await DuckDBInstance.create(path);
    const connection = await instance.connect();
    await connection.run('UPDATE state SET version = 99');
    connection.disconnectSync();
    instance.closeSync();
    await expect(openDuckDbStore({ path })).rejects.toThrow('The series store has schema version 99');
  });

  it('answers and takes nothing once it is closed', async () => {
    const store = await openDuckDbStore({ path });
    await store.close();
    await expect(store.write([], '1' as Cursor)).rejects.toThrow(StoreUnavailableError);
    await expect(collect(store.query(planOf({})))).rejects.toThrow(StoreUnavailableError);
    await store.close();
  });
});
