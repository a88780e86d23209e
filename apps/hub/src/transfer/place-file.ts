import { rename, rm, writeFile } from 'node:fs/promises';

/** Puts what is to be gone on from on disk, in the place of what was there; a crash leaves the one or the other. */
export async function keepPlace(path: string, content: object): Promise<void> {
  await writeFile(`${path}.part`, JSON.stringify(content), { flush: true });
  await rename(`${path}.part`, path);
}

/** Nothing is left to go on from. */
export async function forgetPlace(path: string): Promise<void> {
  for (const each of [path, `${path}.part`]) await rm(each, { force: true });
}
