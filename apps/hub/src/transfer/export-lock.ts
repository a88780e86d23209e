import { UsageError } from '@seawall/devices-sim/errors';
import { readFile, rm, writeFile } from 'node:fs/promises';

/**
 * Takes care that one export at a time writes a file. What an export that was killed has left of it does not count.
 * @returns what gives it free @throws UsageError naming the process that has it
 */
export async function lockExport(file: string): Promise<() => Promise<void>> {
  const path = `${file}.lock`;
  for (;;) {
    try {
      await writeFile(path, String(process.pid), { flag: 'wx' });
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = Number(await readFile(path, 'utf8').catch(() => ''));
    if (isRunning(holder))
      throw new UsageError(
        `Process ${holder} is exporting to ${file}; wait for it, or name another file with -o. If that is no export, remove ${path}.`,
      );
    await rm(path, { force: true });
  }
}

function isRunning(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
