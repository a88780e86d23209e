import { execFileSync } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A file system of its own that can be filled up; Linux's tmpfs, which only root may mount. */
export interface SmallDisk {
  readonly path: string;
  /** Fills it up to so many bytes. */
  fill(leaveBytes: number): Promise<void>;
  makeRoom(): Promise<void>;
  freeBytes(): number;
  unmount(): void;
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
    fill: (leaveBytes) => writeFile(ballast, Buffer.alloc(Math.max(0, freeBytes() - leaveBytes), 1)),
    makeRoom: () => rm(ballast, { force: true }),
    unmount: () => execFileSync('umount', ['-l', path], { stdio: 'pipe' }),
  };
}
