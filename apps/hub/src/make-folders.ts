import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes a folder, for this user only, and those above it that are missing. Not by Node's `recursive`, which never ends
 * where a folder is there but takes none, as /proc is.
 * @throws the system's error; EEXIST where it is something else
 */
export function makeFolders(folder: string): void {
  const path = resolve(folder);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  const parent = dirname(path);
  if (!existsSync(parent)) makeFolders(parent);
  mkdirSync(path, { mode: 0o700 });
}
