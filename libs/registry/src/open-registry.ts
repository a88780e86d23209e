import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Registry } from '@seawall/ports';
import { Kysely, SqliteDialect } from 'kysely';
import Database from 'libsql';
import { copyDatabase } from './copy-database.ts';
import { migrate } from './migrate.ts';
import { SqlRegistry } from './sql-registry.ts';
import type { Tables } from './tables.ts';

const KEPT_REJECTIONS = 100_000;

export interface RegistryOptions {
  /** The SQLite file; its folder is made if it is missing. */
  readonly path: string;
  /** How many of the newest rejections stay to be listed; 100,000 unless given. */
  readonly keptRejections?: number;
}

/**
 * Opens the registry on SQLite, bringing its schema up to date. What `apply` has resolved for is on disk (write-ahead
 * log, synchronous FULL). SQLite works on the calling thread: an `apply` of 10,000 devices takes a few tenths of a second of it,
 * in steps of a few milliseconds.
 * @throws RegistryTooNewError if a newer Seawall wrote the file
 */
export async function openRegistry(options: RegistryOptions): Promise<Registry> {
  await mkdir(dirname(options.path), { recursive: true });
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: openDatabase(options.path) }) });
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

/** All that is SQLite's alone. */
function openDatabase(path: string): Database.Database {
  const database = new Database(path);
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = FULL');
  database.exec('PRAGMA busy_timeout = 2000');
  return database;
}
