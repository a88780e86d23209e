import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cursorAfter, KEEP_FOR_GOOD, type SeriesStore } from '@seawall/ports';
import { readingsChange, type PlainReading } from '@seawall/ports/contract';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { digestDatabase } from './digest-database.ts';
import { openDuckDbStore } from './open-duckdb-store.ts';

const BEGIN = Date.parse('2026-05-05T00:00:00Z');

describe('a copy of the series store', () => {
  let folder: string;
  let store: SeriesStore;
  let seq = 0;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'seawall-copy-'));
    store = await openDuckDbStore({ path: join(folder, 'series.duckdb') });
    seq = 0;
  });
  afterEach(async () => {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function write(device: string, readings: number): Promise<void> {
    seq++;
    const rows = Array.from({ length: readings }, (_, i): PlainReading => [
      `d/${device}/m`,
      BEGIN + seq * 1_000_000 + i,
      i / 3,
    ]);
    await store.write([readingsChange(seq, rows)], cursorAfter({ partition: 0, seq }));
  }

  it('holds for each series what it was told to hold, while writes and background work go on', async () => {
    for (let i = 0; i < 20; i++) await write(`a-${i % 3}`, 500);
    let going = true;
    const others = (async () => {
      while (going) await write('b', 100);
    })();
    const sealing = (async () => {
      for (; going; await turn()) await store.maintain({ now: BEGIN + 1e12, retention: KEEP_FOR_GOOD });
    })();
    const copy = join(folder, 'copy.duckdb');
    const { series, readings, bytes } = await store.backup(copy);
    going = false;
    await Promise.all([others, sealing]);
    expect(bytes).toBeGreaterThan(0);
    const found = await digestDatabase(copy);
    const byDevice = (a: { device: string }, b: { device: string }) => (a.device < b.device ? -1 : 1);
    expect([...series].sort(byDevice)).toEqual(found.map(({ checksum: _, ...counted }) => counted));
    expect(readings).toBe(found.reduce((sum, each) => sum + each.readings, 0));
    expect(found.filter(({ device }) => device !== 'b').map((each) => each.readings)).toEqual([3500, 3500, 3000]);
    const reopened = await openDuckDbStore({ path: copy });
    expect((await reopened.status()).readings).toBe(readings);
    await reopened.close();
  });

  it('is given up when the store is closed, however early', async () => {
    await write('a', 10);
    const refused = expect(store.backup(join(folder, 'copy.duckdb'))).rejects.toThrow('was closed while it was copied');
    await store.close();
    await refused;
  });

  it('is given up with the signal, and the store goes on', async () => {
    await write('a', 10);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(store.backup(join(folder, 'copy.duckdb'), { signal })).rejects.toThrow('enough');
    await write('a', 10);
    expect((await store.status()).readings).toBe(20);
  });
});
