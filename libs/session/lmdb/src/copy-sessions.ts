import { mkdir, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CopyOptions, CopySummary } from '@seawall/ports';
import type { RootDatabase } from 'lmdb';

const TELL_EVERY_MS = 200;

/** Copies the open environment as it stands at one moment, in a thread of LMDB's, and flushes the copy. */
export async function copySessions(
  root: RootDatabase<Buffer, Buffer>,
  path: string,
  { signal, onProgress }: CopyOptions,
): Promise<CopySummary> {
  signal?.throwIfAborted();
  await mkdir(path);
  const file = join(path, 'data.mdb');
  const telling = setInterval(() => {
    void stat(file).then(
      ({ size }) => onProgress?.(size),
      () => undefined, // not made yet
    );
  }, TELL_EVERY_MS);
  try {
    await root.backup(path, true);
  } finally {
    clearInterval(telling);
  }
  return { bytes: await flushed(file) };
}

/** @returns its size */
async function flushed(path: string): Promise<number> {
  const file = await open(path, 'r');
  try {
    await file.sync();
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}
