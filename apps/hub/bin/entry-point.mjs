// In which of its two forms `seawall` runs: as tsc leaves it in many files, or bundled into few, which starts in less
// than half the processor time. Node's own modules only.
import { existsSync, readFileSync, statSync } from 'node:fs';

const ROOT = new URL('../../../', import.meta.url);
const MODULES = 'apps/hub/dist/main.js';
export const BUNDLES = 'apps/hub/dist/bundle/';
/** Names the newest bundle's entry, and when what it was made of had last changed. */
export const NOTE = `${BUNDLES}newest.json`;

/**
 * @returns the bundle if it is of now, so that nobody runs what no longer stands in the sources, and the modules otherwise;
 *   an image may hold the bundle alone
 */
export function entryPoint(root = ROOT) {
  const bundle = newestBundle(root);
  const bundled = bundle !== undefined && (bundle.isOfNow || !existsSync(new URL(MODULES, root)));
  return { bundled, url: new URL(bundled ? BUNDLES + bundle.entry : MODULES, root).href };
}

export function newestBundle(root = ROOT) {
  const note = new URL(NOTE, root);
  if (!existsSync(note)) return undefined;
  const { entry, madeOf } = JSON.parse(readFileSync(note, 'utf8'));
  if (!existsSync(new URL(BUNDLES + entry, root))) return undefined;
  const now = timesOf(Object.keys(madeOf), root);
  return { entry, isOfNow: Object.entries(madeOf).every(([path, time]) => time !== null && now[path] === time) };
}

/** Path from the root → when it last changed; null if it is not there. */
export function timesOf(paths, root = ROOT) {
  const timeOf = (path) => statSync(new URL(path, root), { throwIfNoEntry: false })?.mtimeMs ?? null;
  return Object.fromEntries(paths.map((path) => [path, timeOf(path)]));
}
