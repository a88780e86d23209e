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

seriesStoreContract(
  'the DuckDB store',
  () => openDuckDbStore({ path: join(directory, `${opened++}`, 'series.duckdb') }),
  { rollups: true },
);
