import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { QueryPlan } from '@seawall/model';
import { KEEP_FOR_GOOD, type Cursor, type SeriesStore, type StoreChange } from '@seawall/ports';
import { collect, planOf, readingsChange } from '@seawall/ports/contract';
import { openDuckDbStore } from './open-duckdb-store.ts';

/** Enough that a run is sealed, and the half million that came last is not. */
const WRITES = 6;
const ROWS = 262_144;
const DEVICES = 16;
const BEGIN = 1_790_000_000_000;
const END = BEGIN + (WRITES * ROWS * 1000) / DEVICES;
/** Between two readings, in what is sealed. */
const LATE = BEGIN + 500;

let directory: string;
let store: SeriesStore;
let seq = 0;

const open = () => openDuckDbStore({ path: join(directory, 'series.duckdb') });

class Gate {
  open!: () => void;
  readonly opened = new Promise<void>((resolve) => (this.open = resolve));
}

/** Each device once a second; the value is its number. */
function regular(index: number): StoreChange {
  const series = Array.from({ length: DEVICES }, (_, i) => ({ domain: 'e', device: `d${i}`, metric: 'm' }));
  const at = (i: number) => BEGIN + Math.floor((index * ROWS + i) / DEVICES) * 1000;
  const batch = {
    series,
    labels: series.map(() => ({})),
    seriesIndex: Uint32Array.from({ length: ROWS }, (_, i) => i % DEVICES),
    eventTime: Float64Array.from({ length: ROWS }, (_, i) => at(i)),
    value: Float64Array.from({ length: ROWS }, (_, i) => i % DEVICES),
    flags: new Uint8Array(ROWS),
  };
  return { kind: 'readings', seq: ++seq, batch };
}

async function write(time: number, value: number): Promise<void> {
  await store.write([readingsChange(++seq, [['e/d3/m', time, value]])], String(seq) as Cursor);
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'seawall-duckdb-'));
  store = await open();
  for (let i = 0; i < WRITES; i++) {
    const change = regular(i);
    await store.write([change], String(seq) as Cursor);
  }
  while (await store.maintain({ now: END + 3_600_000, retention: KEEP_FOR_GOOD }));
}, 120_000);
afterAll(async () => {
  await store.close();
  await rm(directory, { recursive: true, force: true });
});

const one = { where: { device: ['d3'] }, limit: 100_000 };

async function valuesOf(plan: Partial<QueryPlan>): Promise<readonly number[]> {
  const found = await collect(store.query(planOf({ ...one, ...plan })));
  return found.flatMap(({ values }) => values['value'] ?? values['sum']!);
}

describe('readings of which some are sealed', () => {
  it('are all found, on either side of where sealing stands and across it', async () => {
    const { unsealed } = await store.status();
    expect(unsealed).toBe(WRITES * ROWS - 1_000_000);
    const border = BEGIN + (1_000_000 / DEVICES) * 1000;
    for (const [from, to] of [
      [BEGIN, BEGIN + 5000],
      [border - 3000, border + 2000],
      [END - 5000, END],
    ] as const) {
      expect(await valuesOf({ from, to })).toEqual([3, 3, 3, 3, 3]);
      expect(await valuesOf({ from, to, aggregate: ['sum'] })).toEqual([15]);
    }
  });

  it('are there once at any moment while writes replace sealed ones', async () => {
    // Each of these is before all that is unsealed until then.
    for (let i = 40; i > 20; i--) {
      const time = BEGIN + i * 60_000;
      const range = { from: time - 1, to: time + 2000 };
      const looks = async () => {
        for (let look = 0; look < 4; look++) {
          const found = await valuesOf(range);
          expect([
            [3, 3],
            [8, 3],
          ]).toContainEqual(found);
        }
      };
      await Promise.all([looks(), looks(), write(time, 8)]);
      expect(await valuesOf(range)).toEqual([8, 3]);
    }
  });

  it('are found once the engine has committed them, though the store has not heard of it yet', async () => {
    type Run = (this: DuckDBConnection, sql: string) => ReturnType<DuckDBConnection['run']>;
    const { value: run } = Object.getOwnPropertyDescriptor(DuckDBConnection.prototype, 'run') as { value: Run };
    const committed = new Gate();
    const heard = new Gate();
    const spy = jest.spyOn(DuckDBConnection.prototype, 'run').mockImplementation(async function (
      this: DuckDBConnection,
      sql: string,
    ) {
      const result = await run.call(this, sql);
      if (sql.includes('COMMIT')) {
        committed.open();
        await heard.opened;
      }
      return result;
    });
    try {
      const time = BEGIN + 20 * 60_000;
      const written = write(time, 9);
      await committed.opened;
      expect(await valuesOf({ from: time, to: time + 2000 })).toEqual([9, 3]);
      heard.open();
      await written;
    } finally {
      spy.mockRestore();
    }
  });

  it('are found when they came late, at once and after a restart', async () => {
    await write(LATE, 7);
    expect(await valuesOf({ from: BEGIN, to: BEGIN + 2000 })).toEqual([3, 7, 3]);
    await store.close();
    store = await open();
    expect(await valuesOf({ from: BEGIN, to: BEGIN + 2000 })).toEqual([3, 7, 3]);
  });
});
