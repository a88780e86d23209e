import { stat, statfs } from 'node:fs/promises';
import { BackupNotStartedError } from '@seawall/ports';
import type { DataDirectory } from '../data-directory.ts';
import { sizeText } from '../amounts.ts';
import type { Engines } from '../open-engines.ts';

/** The hub itself must not come to a full disk because of a backup. */
const LEFT_FREE_BYTES = 256e6;

/** Bytes of everything that would be copied: an upper bound, since free pages are left out. */
export async function bytesToCopy(
  { journal, store, sessions }: Pick<Engines, 'journal' | 'store' | 'sessions'>,
  files: DataDirectory,
): Promise<number> {
  const registry = await Promise.all([files.registry, `${files.registry}-wal`].map(sizeOf));
  const { bytes } = await store.status();
  return journal.status().bytes + bytes + sessions.status().bytes + registry.reduce((a, b) => a + b, 0);
}

/** @throws BackupNotStartedError when the disk has too little room */
export async function checkRoom(needed: number, directory: string): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  const free = bavail * bsize;
  if (free >= needed + LEFT_FREE_BYTES) return;
  throw new BackupNotStartedError(
    `The backup needs up to ${sizeText(needed)} and leaves ${sizeText(LEFT_FREE_BYTES)} to the hub, but ${sizeText(free)} are free in ${directory}. Make room, for instance by removing older backups, and try again.`,
    'room',
  );
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0; // comes and goes with the checkpoints
    throw error;
  }
}
