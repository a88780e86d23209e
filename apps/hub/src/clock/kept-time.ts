import { existsSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';

/** The time that was kept in a file, epoch ms; undefined where there is none that can be read. */
export function keptTime(path: string): number | undefined {
  if (!existsSync(path)) return undefined;
  const time = Number(readFileSync(path, 'utf8').trim() || NaN);
  return Number.isFinite(time) ? time : undefined;
}

/** Resolves when it is on disk. @throws the file system's error */
export async function keepTime(path: string, time: number): Promise<void> {
  await writeFile(`${path}.part`, `${Math.floor(time)}\n`, { flush: true });
  await rename(`${path}.part`, path);
}
