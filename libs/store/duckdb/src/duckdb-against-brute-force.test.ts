import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { bruteForceContract } from '@seawall/ports/contract';
import { openDuckDbStore } from './open-duckdb-store.ts';

/** Readings up to which a query is answered without the engine's aggregates: never, some of them, all; in turn. */
const FEW_READINGS = [0, 20, 10_000];
/** Readings in a run: they stay as they came, or are sealed and merged. */
const RUN_ROWS = [1_000_000, 8];

let directory: string;
let opened = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'seawall-duckdb-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

bruteForceContract(
  'the DuckDB store',
  () => {
    const path = join(directory, `${opened}.duckdb`);
    const fewReadings = FEW_READINGS[opened % FEW_READINGS.length]!;
    const runRows = RUN_ROWS[opened++ % RUN_ROWS.length]!;
    return openDuckDbStore({ path, threads: 1, fewReadings, runRows });
  },
  {
    numRuns: process.env.SEAWALL_LONG === '1' ? 100 : 15,
    sources: ['raw', '1h'],
  },
);
