import { existsSync, statSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { copyEnvironment } from './copy-journal.ts';
import { flushDirectory } from './flush-directory.ts';
import { keptBytes, loadState } from './log-state.ts';
import { freeBytesAt, megabytes } from './room.ts';
import { openTables } from './tables.ts';

/** A copy that is not at least this much smaller is not worth its writing. */
const WORTH = 0.5;

/**
 * Before a journal is opened: writes its file anew without the pages that nothing needs any more, if it is larger than
 * `aboveBytes` and most of it is such pages. Nobody else may have it open. A crash leaves the old file or the new one.
 * @returns why the file stays as it is for want of room, as a sentence: it opens all the same
 * @throws Error if the files can't be opened
 */
export async function compactJournal(
  path: string,
  aboveBytes: number,
  freeBytes: () => Promise<number> = () => freeBytesAt(path),
): Promise<string | undefined> {
  const [file, copy] = [join(path, 'data.mdb'), join(path, 'compacted')];
  await rm(copy, { recursive: true, force: true });
  if (!existsSync(file) || statSync(file).size <= aboveBytes) return undefined;
  const { size } = statSync(file);
  const tables = openTables(path);
  let kept = 0;
  try {
    kept = keptBytes(loadState(tables), tables);
    if (kept > WORTH * size) return undefined;
    const free = await freeBytes();
    if (free < kept) return noRoom(path, { size, kept, free });
    await mkdir(copy);
    await copyEnvironment(tables.root, copy, undefined);
  } catch (error) {
    // Others write to the disk as well, and the copy is somewhat larger than its entries.
    if (!isFull(error as NodeJS.ErrnoException)) throw error;
    await rm(copy, { recursive: true, force: true });
    return noRoom(path, { size, kept, free: await freeBytes() });
  } finally {
    await tables.root.close();
  }
  await rename(join(copy, 'data.mdb'), file);
  await rm(copy, { recursive: true, force: true });
  await flushDirectory(path);
  return undefined;
}

function isFull({ code, message }: NodeJS.ErrnoException): boolean {
  return code === 'ENOSPC' || /no space/i.test(message);
}

function noRoom(path: string, { size, kept, free }: Readonly<Record<'size' | 'kept' | 'free', number>>): string {
  return `The journal in ${path} has a file of ${megabytes(size)} for ${megabytes(kept)} of entries, and it could not be written anew: the disk has ${megabytes(free)} free. It is used as it is; make room, and start the hub again to have the rest back.`;
}
