import { existsSync, statSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { copyEnvironment } from './copy-journal.ts';
import { flushDirectory } from './flush-directory.ts';
import { keptBytes, loadState } from './log-state.ts';
import { openTables } from './tables.ts';

/** A copy that is not at least this much smaller is not worth its writing. */
const WORTH = 0.5;

/**
 * Before a journal is opened: writes its file anew without the pages that nothing needs any more, if it is larger than
 * `aboveBytes` and most of it is such pages. Nobody else may have it open. A crash leaves the old file or the new one.
 * @throws Error if the files can't be opened
 */
export async function compactJournal(path: string, aboveBytes: number): Promise<void> {
  const [file, copy] = [join(path, 'data.mdb'), join(path, 'compacted')];
  await rm(copy, { recursive: true, force: true });
  if (!existsSync(file) || statSync(file).size <= aboveBytes) return;
  const tables = openTables(path);
  let copied = false;
  try {
    if (keptBytes(loadState(tables), tables) > WORTH * statSync(file).size) return;
    await mkdir(copy);
    await copyEnvironment(tables.root, copy, undefined);
    copied = true;
  } catch (error) {
    // It opens as it is, though the disk may have no room for a copy beside it.
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC' && !/no space/i.test((error as Error).message)) throw error;
  } finally {
    await tables.root.close();
  }
  if (copied) await rename(join(copy, 'data.mdb'), file);
  await rm(copy, { recursive: true, force: true });
  await flushDirectory(path);
}
