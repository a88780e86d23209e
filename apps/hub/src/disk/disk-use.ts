import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { dataFiles } from '../data-directory.ts';

export type DataPart = 'journal' | 'store' | 'registry' | 'sessions';

/** Bytes that each engine's files take on the disk; the store is left out where it has no file here. @throws Error if a folder may not be read */
export function diskUse(
  dataDir: string,
): Readonly<Record<Exclude<DataPart, 'store'>, number> & Partial<Record<'store', number>>> {
  const files = dataFiles(dataDir);
  return {
    journal: folderBytes(files.journal),
    ...(existsSync(files.store) && { store: storeBytes(files.store) }),
    registry: fileBytes(files.registry) + fileBytes(`${files.registry}-wal`),
    sessions: folderBytes(files.sessions),
  };
}

function storeBytes(path: string): number {
  return fileBytes(path) + fileBytes(`${path}.wal`) + folderBytes(`${path}.tmp`);
}

/** Blocks that are really there: LMDB's file may have holes. */
function fileBytes(path: string): number {
  return (statSync(path, { throwIfNoEntry: false })?.blocks ?? 0) * 512;
}

function folderBytes(path: string): number {
  if (!existsSync(path)) return 0;
  const entries = readdirSync(path, { withFileTypes: true });
  return entries.reduce((sum, entry) => {
    const inside = join(path, entry.name);
    return sum + (entry.isDirectory() ? folderBytes(inside) : fileBytes(inside));
  }, 0);
}
