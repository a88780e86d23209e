import { open } from 'node:fs/promises';

/** Resolves when what was made, renamed or removed in it is on disk. */
export async function flushDirectory(directory: string): Promise<void> {
  const handle = await open(directory);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
