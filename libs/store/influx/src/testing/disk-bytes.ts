import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What a folder's files take on the disk: blocks, since some are made long and left empty. */
export function diskBytes(dir: string, wanted: (name: string) => boolean = () => true): number {
  if (!existsSync(dir)) return 0;
  const entries = readdirSync(dir, { withFileTypes: true }).filter(({ name }) => wanted(name));
  return entries.reduce((sum, entry) => {
    const path = join(dir, entry.name);
    // Files come and go while they are counted.
    const size = entry.isDirectory() ? diskBytes(path) : (statSync(path, { throwIfNoEntry: false })?.blocks ?? 0) * 512;
    return sum + size;
  }, 0);
}
