import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { CopyOptions, CopySummary } from '@seawall/ports';

/** SQLite works on the thread that calls it, and a copy may take seconds: so it gets a thread and a connection of its own. */
const COPY = `
const { workerData } = require('node:worker_threads');
const Database = require(workerData.engine);
const database = new Database(workerData.from);
database.exec('PRAGMA busy_timeout = 10000');
database.prepare('VACUUM INTO ?').run(workerData.to);
database.close();
`;

/** Copies a database that is in use as it stands at one moment (VACUUM INTO), and flushes the copy. */
export async function copyDatabase(from: string, to: string, { signal }: CopyOptions): Promise<CopySummary> {
  signal?.throwIfAborted();
  const engine = createRequire(import.meta.url).resolve('libsql');
  const worker = new Worker(COPY, { eval: true, workerData: { engine, from, to } });
  // Rejects with what the worker threw. It is not stopped half-way: it takes a second or two at most.
  await once(worker, 'exit');
  signal?.throwIfAborted();
  const file = await open(to, 'r');
  try {
    await file.sync();
    return { bytes: (await file.stat()).size };
  } finally {
    await file.close();
  }
}
