import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBConnection } from '@duckdb/node-api';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { QueryAggregate, QueryPlan } from '@seawall/model';
import { KEEP_FOR_GOOD, type Cursor, type SeriesStore } from '@seawall/ports';
import { collect, planOf, readingsChange, type PlainReading } from '@seawall/ports/contract';
import { openDuckDbStore } from './open-duckdb-store.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const T0 = Date.UTC(2026, 2, 1);
const HOURS = 10;

let directory: string;
let store: SeriesStore;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'seawall-tier-view-'));
  store = await openDuckDbStore({ path: join(directory, 'series.duckdb'), threads: 1 });
});
afterEach(async () => {
  await store.close();
  await rm(directory, { recursive: true });
});

/** Of each device one reading an hour. */
function hourly(devices: readonly string[], value: number, offset = 0): PlainReading[] {
  return devices.flatMap((device) =>
    Array.from({ length: HOURS }, (_, i): PlainReading => [`e/${device}/m`, T0 + i * HOUR + offset, value]),
  );
}

function asked(aggregate: QueryAggregate[], devices: readonly string[]): QueryPlan {
  const buckets = { kind: 'fixed', origin: T0, stepMs: HOUR } as const;
  const where = { device: devices };
  return planOf({ from: T0, to: T0 + HOURS * HOUR, buckets, step: '1h', aggregate, where, limit: 1_000 });
}

/** How many rows a plan reads in statements with this text. */
async function rowsRead(text: string, plan: QueryPlan): Promise<number> {
  type Read = DuckDBConnection['runAndReadAll'];
  const { value: read } = Object.getOwnPropertyDescriptor(DuckDBConnection.prototype, 'runAndReadAll') as {
    value: Read;
  };
  let rows = 0;
  const spy = jest.spyOn(DuckDBConnection.prototype, 'runAndReadAll').mockImplementation(async function (
    this: DuckDBConnection,
    sql,
    ...more
  ) {
    const reader = await read.call(this, sql, ...more);
    if (sql.includes(text)) rows += reader.currentRowCount;
    return reader;
  });
  try {
    await collect(store.query(plan));
    return rows;
  } finally {
    spy.mockRestore();
  }
}

it.each<QueryAggregate>(['count', 'rate'])(
  'a %s of few series looks at their own hours alone, whatever others have that rollups do not answer',
  async (aggregate) => {
    const devices = Array.from({ length: 30 }, (_, i) => `d${i}`);
    await store.write([readingsChange(1, hourly(devices, 1))], '1' as Cursor);
    await store.write([readingsChange(2, hourly(devices.slice(0, 20), 1e300, MINUTE))], '2' as Cursor);
    await store.write([readingsChange(3, [['e/d0/m', T0 + 2 * HOURS * HOUR, 1]])], '3' as Cursor);
    while (await store.maintain({ now: T0 + 100 * HOUR, retention: KEEP_FOR_GOOD }));
    await store.write([readingsChange(4, hourly(devices.slice(10), 2, 2 * MINUTE))], '4' as Cursor);
    expect(await rowsRead('FROM beyond', asked([aggregate], ['d0', 'd15']))).toBe(2 * HOURS);
    expect(await rowsRead('FROM beyond', asked([aggregate], ['d*']))).toBe(30 * HOURS);
  },
);

it('looks for rows of minutes of few series alone, whatever others have', async () => {
  const devices = Array.from({ length: 20 }, (_, i) => `d${i}`);
  const often = devices.flatMap((device) =>
    Array.from({ length: 200 }, (_, i): PlainReading => [`e/${device}/m`, T0 + i * 10_000, i]),
  );
  await store.write([readingsChange(1, [...often, ['e/d0/m', T0 + 2 * HOURS * HOUR, 1]])], '1' as Cursor);
  while (await store.maintain({ now: T0 + 100 * HOUR, retention: KEEP_FOR_GOOD }));
  expect(await rowsRead('parts &', asked(['count'], ['d0', 'd15']))).toBe(2);
  expect(await rowsRead('parts &', asked(['count'], ['d*']))).toBe(20);
});
