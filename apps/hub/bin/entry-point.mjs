// In which of its two forms `seawall` runs: as tsc leaves it in many files, or bundled into few, which starts in less
// than half the processor time. Node's own modules only.
import { existsSync, readFileSync, statSync } from 'node:fs';

const ROOT = new URL('../../../', import.meta.url);
const MODULES = 'apps/hub/dist/main.js';
export const BUNDLES = 'apps/hub/dist/bundle/';
/** Names the newest bundle's entry, and when what it was made of had last changed. */
export const NOTE = `${BUNDLES}newest.json`;

/** @returns the bundle if it is of now, so that nobody runs what no longer stands in the sources, and the modules otherwise */
export function entryPoint(root = ROOT) {
  const bundle = newestBundle(root);
  const bundled = bundle?.isOfNow === true;
  return { bundled, url: new URL(bundled ? BUNDLES + bundle.entry : MODULES, root).href };
}

export function newestBundle(root = ROOT) {
  const { entry, madeOf } = readNote(new URL(NOTE, root)) ?? {};
  if (entry === undefined || !existsSync(new URL(BUNDLES + entry, root))) return undefined;
  const now = timesOf(Object.keys(madeOf), root);
  return { entry, isOfNow: Object.entries(madeOf).every(([path, time]) => time !== null && now[path] === time) };
}

/** A note that was cut off, as by a power failure, is none: the next build writes it anew. */
function readNote(note) {
  if (!existsSync(note)) return undefined;
  try {
    return JSON.parse(readFileSync(note, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Path from the root → when it last changed; null if it is not there. */
export function timesOf(paths, root = ROOT) {
  const timeOf = (path) => statSync(new URL(path, root), { throwIfNoEntry: false })?.mtimeMs ?? null;
  return Object.fromEntries(paths.map((path) => [path, timeOf(path)]));
}
