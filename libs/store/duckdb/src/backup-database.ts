import { open, type FileHandle } from 'node:fs/promises';
import type { CopyOptions } from '@seawall/ports';

const PIECE_BYTES = 1024 * 1024;
/** Flushed so often, so that the log's own flushes never wait behind a heap of unwritten pages. */
const FLUSH_BYTES = 8 * PIECE_BYTES;

/** The files of a database at one moment between two of its commits. */
export interface DatabaseMoment {
  readonly fileBytes: number;
  readonly logBytes: number;
}

/** Sizes of the database file and of its write-ahead log. */
export async function momentOf(database: FileHandle, path: string): Promise<DatabaseMoment> {
  return { fileBytes: (await database.stat()).size, logBytes: await sizeOf(`${path}.wal`) };
}

/**
 * Copies an open database as it stood at a moment, while transactions go on. The engine could be killed at any time and
 * would find its data again in its file and its write-ahead log; so from one checkpoint to the next it leaves alone
 * whatever the file's header or the log names. That is what is copied: the log up to the moment, and then the file. No
 * checkpoint may fall between the moment and the end of the copy.
 * @param database the file, open for reading. Not closed here: POSIX takes away all of a process's locks on a file with
 * the first descriptor that it closes, the engine's as well.
 */
export async function copyDatabase(
  database: FileHandle,
  path: string,
  to: string,
  { fileBytes, logBytes }: DatabaseMoment,
  { signal, onProgress }: CopyOptions,
): Promise<number> {
  let copied = 0;
  const progress = (bytes: number) => {
    signal?.throwIfAborted();
    copied += bytes;
    onProgress?.(copied);
  };
  if (logBytes > 0) {
    const log = await open(`${path}.wal`, 'r');
    try {
      await copyBytes(log, `${to}.wal`, logBytes, progress);
    } finally {
      await log.close();
    }
  }
  await copyBytes(database, to, fileBytes, progress);
  return copied;
}

/** @param length from the file's beginning */
async function copyBytes(
  from: FileHandle,
  to: string,
  length: number,
  progress: (bytes: number) => void,
): Promise<void> {
  const piece = new Uint8Array(PIECE_BYTES);
  const copy = await open(to, 'wx');
  try {
    for (let at = 0, unflushed = 0; at < length;) {
      const { bytesRead } = await from.read(piece, 0, Math.min(PIECE_BYTES, length - at), at);
      if (bytesRead === 0) throw new Error(`The file ended at ${at} of ${length} bytes while it was copied to ${to}.`);
      await copy.writeFile(piece.subarray(0, bytesRead)); // Goes on where it is; `write` may take a part only.
      at += bytesRead;
      unflushed += bytesRead;
      if (unflushed >= FLUSH_BYTES) {
        await copy.datasync();
        unflushed = 0;
      }
      progress(bytesRead);
    }
    await copy.sync();
  } finally {
    await copy.close();
  }
}

async function sizeOf(path: string): Promise<number> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0; // nothing since the last checkpoint
    throw error;
  }
  try {
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}
