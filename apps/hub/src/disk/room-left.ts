import { statfsSync } from 'node:fs';

const ASK_EVERY_MS = 100;

/** How much is free beyond so many bytes; may be negative. */
export function bytesBeyond(path: string, bytes: number): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize - bytes;
}

/** Whether so much is free, for those who ask before every write: the file system is asked now and then. */
export function roomLeft(path: string, bytes: number): () => boolean {
  let askedAt = -Infinity;
  let enough = true;
  return () => {
    if (performance.now() - askedAt < ASK_EVERY_MS) return enough;
    const beyond = bytesBeyond(path, bytes);
    askedAt = performance.now();
    return (enough = beyond >= 0);
  };
}
