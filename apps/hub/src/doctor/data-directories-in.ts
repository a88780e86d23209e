import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The data directories that lie in a folder, as the `demo` of `npm start` lies in ./data; none where it is no folder. */
export function dataDirectoriesIn(folder: string): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .filter(isDataDirectory);
}

export function isDataDirectory(path: string): boolean {
  return existsSync(join(path, 'lock.db'));
}
