import { statfsSync } from 'node:fs';

const ASK_EVERY_MS = 100;

/** Whether so much is free, for those who ask before every write: the file system is asked now and then. */
export function roomLeft(path: string, bytes: number): () => boolean {
  let askedAt = -Infinity;
  let enough = true;
  return () => {
    if (performance.now() - askedAt < ASK_EVERY_MS) return enough;
    const { bavail, bsize } = statfsSync(path);
    askedAt = performance.now();
    return (enough = bavail * bsize >= bytes);
  };
}
