import { statfs } from 'node:fs/promises';

/** Of a file system: what an ordinary user may still write, and its size. */
export interface DiskRoom {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** @throws the file system's error */
export async function diskRoom(path: string): Promise<DiskRoom> {
  const { bavail, blocks, bsize } = await statfs(path);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}
