import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { flush } from './flush.ts';

/**
 * What tells this data directory's journal from any other, for a store elsewhere that keeps its place in it and for
 * halves of backups in a folder that hubs share; made when it is first asked for, and kept as long as the directory. @param path of its file
 */
export async function hubId(path: string): Promise<string> {
  const known = knownHubId(path);
  if (known !== undefined) return known;
  const id = randomUUID();
  writeFileSync(`${path}.part`, `${id}\n`, { flush: true });
  renameSync(`${path}.part`, path);
  await flush(dirname(path));
  return id;
}

/** Undefined where there is none yet; none is made. */
export function knownHubId(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;
}
