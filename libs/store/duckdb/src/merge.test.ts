import { copyFile, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ReadingBatch } from '@seawall/model';
import { KEEP_FOR_GOOD, type Cursor, type SeriesStore } from '@seawall/ports';
import { collect, planOf, readingsChange, type PlainReading } from '@seawall/ports/contract';
import { openDuckDbStore } from './open-duckdb-store.ts';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const DEVICES = 6;
/** The second and third day are whole; of the first and the last there are some hours. */
const FIRST = 20_000 * DAY - 180 * MINUTE;
const LAST = 20_002 * DAY + 180 * MINUTE;
const MINUTES = (LAST - FIRST) / MINUTE;
const RUN_ROWS = 500;
const MAINTENANCE = { now: LAST + 10 * DAY, retention: KEEP_FOR_GOOD };

let directory: string;
let path: string;
let store: SeriesStore;
let seq: number;
/** A file with the days, and up to where they were written. */
let brought: { readonly directory: string; readonly path: string; readonly seq: number };

const CHECKPOINT_BYTES = 50_000;

const open = async (runRows = RUN_ROWS) =>
  (store = await openDuckDbStore({ path, threads: 1, runRows, checkpointBytes: CHECKPOINT_BYTES }));

async function begin(): Promise<void> {
  directory = await mkdtemp(join(tmpdir(), 'seawall-duckdb-'));
  path = join(directory, 'series.duckdb');
  seq = 0;
}

beforeAll(async () => {
  await begin();
  await open();
  await bringDays();
  await store.close();
  brought = { directory, path, seq };
}, 60_000);
afterAll(() => rm(brought.directory, { recursive: true, force: true }));

beforeEach(begin);
afterEach(async () => {
  await store.close();
  await rm(directory, { recursive: true, force: true });
});

/** Opens a store that has the days, sealed: bringing them takes longer than most that is done with them. */
async function openWithDays(): Promise<void> {
  await copyFile(brought.path, path);
  seq = brought.seq;
  await open();
}

/** Every device once a minute, all of a minute together, as a city sends them. The value tells the minute. */
function minutes(from: number, count: number): ReadingBatch {
  const series = Array.from({ length: DEVICES }, (_, i) => ({ domain: 'e', device: `d${i}`, metric: 'm' }));
  const rows = count * DEVICES;
  const at = (i: number) => from + Math.floor(i / DEVICES);
  return {
    series,
    labels: series.map(() => ({})),
    seriesIndex: Uint32Array.from({ length: rows }, (_, i) => i % DEVICES),
    eventTime: Float64Array.from({ length: rows }, (_, i) => FIRST + at(i) * MINUTE),
    value: Float64Array.from({ length: rows }, (_, i) => at(i)),
    flags: new Uint8Array(rows),
  };
}

/** Brings the days and seals them, a piece of the background's work after each write. */
async function bringDays(): Promise<void> {
  for (let from = 0; from < MINUTES; from += 100) {
    const batch = minutes(from, Math.min(100, MINUTES - from));
    await store.write([{ kind: 'readings', seq: ++seq, batch }], String(seq) as Cursor);
    await store.maintain({ ...MAINTENANCE, now: FIRST });
  }
}

async function settle(): Promise<void> {
  while (await store.maintain(MAINTENANCE));
}

async function write(...readings: PlainReading[]): Promise<void> {
  await store.write([readingsChange(++seq, readings)], String(seq) as Cursor);
}

/** By device, all that is stored. */
async function stored(): Promise<readonly (readonly number[])[]> {
  const found = await collect(store.query(planOf({ from: 0, to: LAST + DAY, limit: 1_000_000 })));
  return found.map(({ values }) => [...values['value']!]);
}

const regular = Array.from({ length: DEVICES }, () => Array.from({ length: MINUTES }, (_, i) => i));

/** Of the closed store: by day of those that have sealed readings, in how many places they lie, and how many series they are of. */
async function places(): Promise<readonly (readonly number[])[]> {
  const instance = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY' });
  const connection = await instance.connect();
  const read = await connection.runAndReadAll(`
    SELECT day::DOUBLE, count(*) FILTER (rowid <> last + 1 OR last IS NULL)::DOUBLE, count(DISTINCT series)::DOUBLE FROM (
      SELECT floor(minute / 1440) AS day, series, rowid, lag(rowid) OVER (PARTITION BY floor(minute / 1440), series ORDER BY rowid) AS last
        FROM sealed) GROUP BY day ORDER BY day`);
  const rows = read.getRows() as number[][];
  connection.disconnectSync();
  instance.closeSync();
  return rows;
}

describe('the days of sealed readings', () => {
  it('have each series in one place once they are over, and the same readings as before', async () => {
    await openWithDays();
    await store.close();
    const runs = (await places()).find(([day]) => day === 20_000)![1]!;
    expect(runs).toBeGreaterThan(10 * DEVICES);
    await open();
    await settle();
    expect(await stored()).toEqual(regular);
    await store.close();
    const [, second, third] = await places();
    expect(second).toEqual([20_000, DEVICES, DEVICES]);
    // What is still in `raw` is of the last day.
    expect(third).toEqual([20_001, DEVICES, DEVICES]);
    await open();
    expect(await stored()).toEqual(regular);
  }, 60_000);

  it('lie by series, forwards and backwards in turn, also where a piece takes several', async () => {
    await openWithDays();
    await store.close();
    await open(4 * 1440);
    await settle();
    await store.close();
    expect((await places())[1]).toEqual([20_000, DEVICES, DEVICES]);
    const instance = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY' });
    const connection = await instance.connect();
    const read = await connection.runAndReadAll(
      'SELECT series, minute FROM sealed WHERE minute // 1440 = 20000 ORDER BY rowid',
    );
    const rows = read.getRows() as [number, number][];
    connection.disconnectSync();
    instance.closeSync();
    const day = Array.from({ length: 1440 }, (_, i) => 20_000 * 1440 + i);
    for (let series = 0; series < DEVICES; series++) {
      const found = rows.filter(([of]) => of === series).map(([, minute]) => minute);
      expect(found).toEqual(series % 2 === 0 ? day : [...day].reverse());
    }
    await open();
  }, 60_000);

  it('are merged without a long log, though nothing is written meanwhile', async () => {
    await openWithDays();
    let longest = 0;
    while (await store.maintain(MAINTENANCE)) {
      const { size } = await stat(`${path}.wal`).catch(() => ({ size: 0 }));
      longest = Math.max(longest, size);
    }
    expect(longest).toBeGreaterThan(0);
    expect(longest).toBeLessThan(CHECKPOINT_BYTES);
  }, 60_000);

  it('can be asked for while the log is moved into the file beside the background', async () => {
    store = await openDuckDbStore({ path, threads: 1, runRows: RUN_ROWS, checkpointBytes: 1 });
    await bringDays();
    for (let more = true, i = 0; more; i++) {
      const at = FIRST + (i % MINUTES) * MINUTE + 1;
      [more] = await Promise.all([store.maintain(MAINTENANCE), write(['e/late/m', at, i]), stored()]);
      expect(await stored()).toHaveLength(DEVICES + 1);
    }
  }, 120_000);

  it('are left alone until they have been over for a day', async () => {
    await openWithDays();
    const soon = { ...MAINTENANCE, now: 20_001 * DAY + DAY - 1 };
    while (await store.maintain(soon));
    await store.close();
    const [, second] = await places();
    expect(second![1]).toBeGreaterThan(10 * DEVICES);
    await open();
    while (await store.maintain({ ...soon, now: 20_002 * DAY }));
    await store.close();
    expect((await places())[1]).toEqual([20_000, DEVICES, DEVICES]);
    await open();
  }, 60_000);

  it('have every reading once at any moment while they are merged and written to, also across restarts', async () => {
    await openWithDays();
    const wanted = regular.map((values) => [...values]);
    for (let i = 0, more = true; more; i++) {
      const [device, minute] = [i % DEVICES, (i * 397) % MINUTES];
      // While one is replaced, the background has to give way, where it is at it.
      const [done] = await Promise.all([
        store.maintain(MAINTENANCE),
        write([`e/d${device}/m`, FIRST + minute * MINUTE, -1 - i]),
      ]);
      more = done;
      wanted[device]![minute] = -1 - i;
      if (i % 20 === 7) {
        await store.close();
        await open();
      }
      if (i % 5 === 0) {
        const [found] = await Promise.all([stored(), store.maintain(MAINTENANCE)]);
        expect(found).toEqual(inOrder(wanted));
      }
    }
    expect(await stored()).toEqual(inOrder(wanted));
    await store.close();
    expect((await places())[1]![1]).toBeLessThan(4 * DEVICES);
    await open();
  }, 120_000);

  it('are merged again when as much has come as they had, and not for less', async () => {
    await openWithDays();
    await settle();
    const late = (from: number, count: number) =>
      Array.from({ length: count }, (_, i): PlainReading => [
        `e/d${i % DEVICES}/m`,
        20_000 * DAY + (from + i) * 1000 + 1,
        1,
      ]);
    // Half as many as the day has, in more runs than it takes.
    await write(...late(0, 720 * DEVICES));
    await settle();
    await store.close();
    expect((await places())[1]![1]).toBeGreaterThan(DEVICES);
    await open();
    await write(...late(720 * DEVICES, 1000 * DEVICES));
    await settle();
    await store.close();
    expect((await places())[1]![1]).toBeLessThan(4 * DEVICES);
    await open();
    const { readings } = await store.status();
    expect(readings).toBe(MINUTES * DEVICES + 1720 * DEVICES);
  }, 120_000);

  it('are known of a file from before they were kept account of', async () => {
    await openWithDays();
    await store.close();
    const instance = await DuckDBInstance.create(path);
    const connection = await instance.connect();
    await connection.run('DROP TABLE sealed_day; DROP TABLE merging; UPDATE state SET version = 2');
    connection.disconnectSync();
    instance.closeSync();
    await open();
    await store.close();
    const read = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY' });
    const reading = await read.connect();
    const days = await reading.runAndReadAll('SELECT day, since::DOUBLE, runs FROM sealed_day ORDER BY day');
    reading.disconnectSync();
    read.closeSync();
    const rows = days.getRows() as number[][];
    expect(rows.slice(0, 2)).toEqual([
      [19_999, 180 * DEVICES, 1],
      [20_000, 1440 * DEVICES, 1],
    ]);
    await open();
    expect(await stored()).toEqual(regular);
  }, 60_000);
});

/** In the order of the answer: by the device's name. */
function inOrder(byDevice: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const names = byDevice.map((_, i) => `d${i}`);
  return [...names].sort().map((name) => byDevice[names.indexOf(name)]!);
}
