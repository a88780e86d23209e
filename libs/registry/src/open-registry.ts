import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Registry } from '@seawall/ports';
import { Kysely } from 'kysely';
import { copyDatabase } from './copy-database.ts';
import { migrate } from './migrate.ts';
import { SqlRegistry } from './sql-registry.ts';
import { sqliteThreadDialect } from './sqlite-thread-dialect.ts';
import { SqliteThread } from './sqlite-thread.ts';
import type { Tables } from './tables.ts';

const KEPT_REJECTIONS = 100_000;
/** All that is SQLite's alone. */
const PRAGMAS = ['journal_mode = WAL', 'synchronous = FULL', 'busy_timeout = 2000'];

export interface RegistryOptions {
  /** The SQLite file; its folder is made if it is missing. */
  readonly path: string;
  /** How many of the newest rejections stay to be listed; 100,000 unless given. */
  readonly keptRejections?: number;
}

/**
 * Opens the registry on SQLite, bringing its schema up to date. What `apply` has resolved for is on disk (write-ahead
 * log, synchronous FULL). SQLite has a thread of its own, so the caller's does not wait for the disk.
 * @throws RegistryTooNewError if a newer Seawall wrote the file
 */
export async function openRegistry(options: RegistryOptions): Promise<Registry> {
  await mkdir(dirname(options.path), { recursive: true });
  const thread = await SqliteThread.open(options.path, PRAGMAS);
  const db = new Kysely<Tables>({ dialect: sqliteThreadDialect(thread) });
  try {
    await migrate(db as unknown as Kysely<unknown>, options.path);
    return await SqlRegistry.load(db, options.keptRejections ?? KEPT_REJECTIONS, (to, copyOptions) =>
      copyDatabase(options.path, to, copyOptions),
    );
  } catch (error) {
    await db.destroy();
    throw error;
  }
}
