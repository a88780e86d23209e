import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { bruteForceContract } from '@seawall/ports/contract';
import { openDuckDbStore } from './open-duckdb-store.ts';

let directory: string;
let opened = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'seawall-duckdb-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

bruteForceContract(
  'the DuckDB store',
  () => openDuckDbStore({ path: join(directory, `${opened++}.duckdb`), threads: 1 }),
  {
    numRuns: 30,
    sources: ['raw', '1h'],
  },
);
