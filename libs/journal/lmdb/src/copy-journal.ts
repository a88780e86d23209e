import { copyFile, mkdir, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CopyOptions, CopySummary } from '@seawall/ports';
import type { RootDatabase } from 'lmdb';

const TELL_EVERY_MS = 200;

/**
 * Copies an open environment as it stands at one moment, without its free pages, and flushes the copy. LMDB does that in
 * a thread of its own, from a read transaction: writes go on, but what they set free is used again only afterwards.
 * @param path a directory that is there @returns bytes
 */
export async function copyEnvironment(
  root: RootDatabase<Buffer, string>,
  path: string,
  onProgress: CopyOptions['onProgress'],
): Promise<number> {
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
  return flushed(file);
}

/** Copies the files of large states; those that the copied rows name are among them, since none is removed meanwhile. */
export async function copyStates(from: string, to: string, { signal }: CopyOptions): Promise<CopySummary> {
  await mkdir(to, { recursive: true });
  let bytes = 0;
  for (const name of await readdir(from)) {
    signal?.throwIfAborted();
    await copyFile(join(from, name), join(to, name));
    bytes += await flushed(join(to, name));
  }
  await flushed(to);
  return { bytes };
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
