import { closeSync, fdatasyncSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { DiskLevels } from '../disk/disk-levels.ts';
import { nearestThere } from '../nearest-there.ts';
import type { DiskFacts } from './check-disk.ts';

const FLUSHES = 20;
const FLUSH_BYTES = 4096;

/** The file system under a folder; flushes are tried only in the data directory itself, with a file that is removed. */
export function probeDisk(dataDir: string): Omit<DiskFacts, keyof DiskLevels> {
  const path = nearestThere(dataDir);
  const { bavail, blocks, bsize, ffree, files, type } = statfsSync(path);
  return {
    path,
    freeBytes: bavail * bsize,
    totalBytes: blocks * bsize,
    freeInodes: ffree,
    totalInodes: files,
    fileSystem: process.platform === 'linux' ? type : undefined,
    flushes: path === resolve(dataDir) ? measureFlushes(path) : { notTried: `${dataDir} is not there yet` },
  };
}

function measureFlushes(folder: string): DiskFacts['flushes'] {
  const path = join(folder, `.doctor-${process.pid}`);
  let file: number | undefined;
  try {
    file = openSync(path, 'wx', 0o600);
    const bytes = new Uint8Array(FLUSH_BYTES).fill(1);
    const taken: number[] = [];
    for (let i = 0; i < FLUSHES; i++) {
      const began = performance.now();
      writeSync(file, bytes, 0, bytes.length, i * FLUSH_BYTES);
      fdatasyncSync(file);
      taken.push(performance.now() - began);
    }
    return taken;
  } catch (error) {
    return { notTried: `a file in ${folder} could not be written (${(error as Error).message})` };
  } finally {
    if (file !== undefined) {
      closeSync(file);
      rmSync(path, { force: true });
    }
  }
}
