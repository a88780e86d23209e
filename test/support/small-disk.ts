import { execFileSync } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { appendFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** A file system of its own that can be filled up; Linux's tmpfs, which only root may mount. */
export interface SmallDisk {
  readonly path: string;
  /** Fills it further until so many bytes are left. */
  fill(leaveBytes: number): Promise<void>;
  makeRoom(): Promise<void>;
  freeBytes(): number;
  unmount(): void;
}

const PIECE = Buffer.alloc(1024 * 1024, 1);

/** Whoever else writes there may be quicker. */
function ignoreFull(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOSPC') throw error;
}

/** @returns why there can be no small disk here, or undefined if there can */
export function noSmallDiskBecause(): string | undefined {
  if (process.platform !== 'linux') return `a tmpfs is Linux's, this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'only root may mount a tmpfs';
  return undefined;
}

/** @throws Error where mounting is forbidden to root as well (some containers) */
export function mountSmallDisk(path: string, megabytes: number): SmallDisk {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path], { stdio: 'pipe' });
  const ballast = join(path, 'ballast');
  const freeBytes = () => {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  };
  return {
    path,
    freeBytes,
    fill: async (leaveBytes) => {
      for (let more = freeBytes() - leaveBytes; more > 0; more = freeBytes() - leaveBytes)
        await appendFile(ballast, PIECE.subarray(0, more)).catch(ignoreFull);
    },
    makeRoom: () => rm(ballast, { force: true }),
    unmount: () => execFileSync('umount', ['-l', path], { stdio: 'pipe' }),
  };
}
