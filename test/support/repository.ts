import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The clone's top folder, from the source file as from its compiled form in dist. */
export const repositoryRoot = findRoot(dirname(fileURLToPath(import.meta.url)));

/** The `seawall` command as people start it. */
export const seawallBin = join(repositoryRoot, 'apps/hub/bin/seawall.mjs');

/** A compiled file of this package: other processes of the tests run plain Node, without a transform. */
export function compiled(file: string): string {
  const path = join(repositoryRoot, 'test/dist', file);
  if (!existsSync(path)) throw new Error(`${path} is not there; run "npm run build" first.`);
  return path;
}

function findRoot(from: string): string {
  for (let dir = from; dir !== dirname(dir); dir = dirname(dir)) {
    if (existsSync(join(dir, 'nx.json'))) return dir;
  }
  throw new Error(`No folder above ${from} holds nx.json; these tests run from a clone.`);
}
