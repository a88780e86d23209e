import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, it } from '@jest/globals';
import { cursorAfter, KEEP_FOR_GOOD, type Retention } from '@seawall/ports';
import { collect, planOf, readingsChange, type PlainReading } from '@seawall/ports/contract';
import { engineRows } from './engine-rows.ts';
import { openDuckDbStore } from './open-duckdb-store.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 4, 1);
const TEN_DAYS: Retention = { raw: { '*': 10 * DAY }, '1m': { '*': 10 * DAY }, '1h': { '*': 10 * DAY } };

it('what comes while expired readings are removed, and has expired longer, goes as well', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'seawall-expire-'));
  const store = await openDuckDbStore({ path: join(directory, 'series.duckdb'), threads: 1 });
  let seq = 0;
  const write = (...readings: PlainReading[]) =>
    store.write([readingsChange(++seq, readings)], cursorAfter({ partition: 0, seq }));
  const piece = () => store.maintain({ now: NOW, retention: TEN_DAYS, expireOnly: true });
  try {
    await write(['e/a/m', NOW - DAY, 1]);
    // When the write falls into the transaction is left to chance; some of these do.
    for (let turns = 0; turns < 40; turns++) {
      await write(['e/a/m', NOW - 20 * DAY + turns, 1]);
      const removing = piece();
      for (let i = 0; i < turns; i++) await turn();
      await Promise.all([removing, write(['e/a/m', NOW - 30 * DAY + turns, 1])]);
      while (await piece());
      const { readings, tiers } = await store.status();
      expect([readings, tiers.raw.oldest]).toEqual([1, NOW - DAY]);
    }
  } finally {
    await store.close();
    await rm(directory, { recursive: true });
  }
}, 60_000);

/** Runs a statement in a file that no store has open. */
async function inFile(path: string, sql: string): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  try {
    return await engineRows(connection, sql);
  } finally {
    connection.disconnectSync();
    instance.closeSync();
  }
}

it('readings that expire take the notes of their absurd values along, and those that a former file has left', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'seawall-expire-'));
  const path = join(directory, 'series.duckdb');
  const noted = () =>
    inFile(
      path,
      'SELECT domain, device, hour::DOUBLE FROM beyond JOIN series ON series.id = beyond.series ORDER BY ALL',
    );
  const hour = (time: number) => Math.floor(time / HOUR);
  const EXPIRED = NOW - 10 * DAY;
  const RAW_OF_E: Retention = { raw: { '*': Infinity, e: 10 * DAY }, '1m': {}, '1h': {} };
  const plan = planOf({
    from: NOW - 30 * DAY,
    to: NOW,
    aggregate: ['count', 'max', 'sum'],
    buckets: { kind: 'fixed', origin: NOW - 30 * DAY, stepMs: DAY },
    step: '1d',
    groupBy: ['domain'],
    limit: 1_000,
  });
  let seq = 0;
  /** @returns what the store answers after it was maintained */
  const through = async (retention: Retention, ...readings: PlainReading[]) => {
    const store = await openDuckDbStore({ path, threads: 1 });
    try {
      await store.write([readingsChange(++seq, readings)], cursorAfter({ partition: 0, seq }));
      while (await store.maintain({ now: NOW, retention }));
      return await collect(store.query(plan));
    } finally {
      await store.close();
    }
  };
  try {
    const whole = await through(
      KEEP_FOR_GOOD,
      ...['e', 'f'].flatMap((domain): PlainReading[] => [
        [`${domain}/a/m`, EXPIRED - DAY, 1e200],
        [`${domain}/a/m`, EXPIRED - HOUR, 2e200],
        [`${domain}/a/m`, EXPIRED, 3e200],
        [`${domain}/a/m`, NOW - 2 * HOUR, 1],
      ]),
    );
    const ofF = [EXPIRED - DAY, EXPIRED - HOUR, EXPIRED].map((time) => ['f', 'a', hour(time)]);
    expect(await noted()).toEqual([...ofF.map(([, ...rest]) => ['e', ...rest]), ...ofF]);
    const left = await through(RAW_OF_E, ['f/a/m', NOW - HOUR, 1]);
    expect(await noted()).toEqual([['e', 'a', hour(EXPIRED)], ...ofF]);
    expect(left[0]).toMatchObject({ values: whole[0]!.values });
    // A former file kept these, whose readings are gone.
    await inFile(path, `INSERT INTO beyond SELECT id, ${hour(EXPIRED - 3 * DAY)} FROM series`);
    await through(RAW_OF_E, ['e/b/m', EXPIRED - 2 * DAY, 4e200]);
    expect(await noted()).toEqual([['e', 'a', hour(EXPIRED)], ['f', 'a', hour(EXPIRED - 3 * DAY)], ...ofF]);
  } finally {
    await rm(directory, { recursive: true });
  }
}, 60_000);
