import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { seriesStoreContract } from '@seawall/ports/contract';
import { openDuckDbStore } from './open-duckdb-store.ts';

let directory: string;
let opened = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'seawall-duckdb-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

for (const [name, options, aggregatesOnly] of [
  ['the DuckDB store', {}, false],
  [
    'the DuckDB store whose engine aggregates everything, and puts a few readings in order at once',
    { fewReadings: 0, runRows: 300 },
    true,
  ],
] as const)
  seriesStoreContract(
    name,
    () => openDuckDbStore({ path: join(directory, `${opened++}`, 'series.duckdb'), ...options }),
    // Of the second way the brute-force suite tries background work too, on histories by chance.
    { rollups: true, aggregatesOnly, tiers: !aggregatesOnly || process.env.SEAWALL_LONG === '1' },
  );
