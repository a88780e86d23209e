import { stat } from 'node:fs/promises';
import { BackupNotStartedError } from '@seawall/ports';
import { sizeText } from '../amounts.ts';
import { diskRoom } from '../disk/disk-room.ts';
import { diskUse } from '../disk/disk-use.ts';

/** On a disk that the hub does not write to. */
const LEFT_FREE_BYTES = 256e6;

/** Bytes of everything that would be copied: an upper bound, since free pages are left out. */
export function bytesToCopy(dataDir: string): number {
  return Object.values(diskUse(dataDir)).reduce((a, b) => a + b, 0);
}

export interface BackupPlace {
  readonly directory: string;
  readonly dataDir: string;
  /** Free bytes of the hub's disk below which it warns, and puts nothing in order: a backup must not bring it there. */
  readonly lowBytes: number;
}

/** @throws BackupNotStartedError when the disk has too little room */
export async function checkRoom(needed: number, { directory, dataDir, lowBytes }: BackupPlace): Promise<void> {
  const left = (await sameDisk(directory, dataDir)) ? lowBytes : LEFT_FREE_BYTES;
  const { freeBytes } = await diskRoom(directory);
  if (freeBytes >= needed + left) return;
  throw new BackupNotStartedError(
    `The backup needs up to ${sizeText(needed)} and leaves ${sizeText(left)} free, but ${sizeText(freeBytes)} are free in ${directory}. Make room, for instance by removing older backups, or have them on another disk (--backup-dir), and try again.`,
    'room',
  );
}

async function sameDisk(...paths: string[]): Promise<boolean> {
  const disks = await Promise.all(paths.map(async (path) => (await stat(path)).dev));
  return new Set(disks).size === 1;
}
