import { UsageError } from '@seawall/devices-sim/errors';
import { randomUUID } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Takes care that one export at a time writes a file. What an export that was killed has left of it does not count.
 * @returns what gives it free @throws UsageError naming the process that has it, or why no file can be made there
 */
export async function lockExport(file: string): Promise<() => Promise<void>> {
  const path = `${file}.lock`;
  for (;;) {
    try {
      // In one go: nobody shall find it empty.
      writeFileSync(path, String(process.pid), { flag: 'wx' });
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unwritable(file, error as NodeJS.ErrnoException);
    }
    const found = await readFile(path, 'utf8').catch(() => '');
    const holder = Number(found);
    if (isRunning(holder))
      throw new UsageError(
        `Process ${holder} is exporting to ${file}; wait for it, or name another file with -o. If that is no export, remove ${path}.`,
      );
    await removeStale(path, found);
  }
}

/** The lock is the first thing that is made where the file is to be. */
function unwritable(file: string, error: NodeJS.ErrnoException): UsageError {
  const folder = dirname(file);
  const why: Readonly<Record<string, string>> = {
    ENOENT: existsSync(folder)
      ? `no file can be made in ${folder}. Take another folder`
      : `the folder ${folder} is not there. Make it`,
    ENOTDIR: `${folder} is no folder. Name one`,
    EACCES: `this user may not write in ${folder}. Let it`,
    EPERM: `this user may not write in ${folder}. Let it`,
    EROFS: `${folder} is on a file system that is mounted read-only. Mount it for writing`,
    ENOSPC: 'the disk is full. Make room',
  };
  const reason = why[error.code ?? ''] ?? `${error.message}. Mend that`;
  return new UsageError(`${file} can't be written: ${reason}, or name another file with -o.`, { cause: error });
}

/** Another export may find it stale too, remove it and take the lock, all before this one removes what it has found. */
export async function removeStale(path: string, found: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return;
  }
  if ((await readFile(aside, 'utf8')) === found) await rm(aside);
  else await rename(aside, path);
}

function isRunning(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
