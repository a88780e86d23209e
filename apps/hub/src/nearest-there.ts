import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** The path itself, or the nearest one above it where something is. */
export function nearestThere(path: string): string {
  let place = resolve(path);
  while (!existsSync(place)) place = dirname(place);
  return place;
}
