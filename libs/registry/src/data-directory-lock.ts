import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';

/** Another process owns the data directory. */
export class DataDirectoryInUseError extends Error {
  override readonly name = 'DataDirectoryInUseError';
}

export interface DataDirectoryLock {
  release(): void;
}

/**
 * Makes this process the only owner of a data directory, until it releases the lock or ends in whatever way: the lock
 * is one the kernel holds on an open file (SQLite's own, on an empty database `lock.db`), so SIGKILL frees it as well.
 * Not to be trusted on network file systems whose locks are not.
 * @throws DataDirectoryInUseError
 */
export function lockDataDirectory(path: string): DataDirectoryLock {
  mkdirSync(path, { recursive: true });
  const database = new Database(join(path, 'lock.db'));
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    throw isBusy(error) ? inUse(path, error) : error;
  }
  return {
    release: () => {
      if (database.open) database.close();
    },
  };
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');
}

function inUse(path: string, cause: unknown): DataDirectoryInUseError {
  return new DataDirectoryInUseError(
    `The data directory ${path} is in use by another Seawall process. Stop that one first, or choose another ` +
      'directory with --data-dir.',
    { cause },
  );
}
