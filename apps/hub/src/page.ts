import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DISTRICTS_FILE } from '@seawall/devices-sim/city-districts';
import { SettingError } from './config/setting-error.ts';
import type { Settings } from './config/settings.ts';

/** The page's own files and what is built for it; beside this app, as source and as built. */
const PAGE_DIRS = ['page', 'dist'].map((name) => fileURLToPath(new URL(`../../console/${name}`, import.meta.url)));
const MAX_MAP_BYTES = 4 * 1024 * 1024;

/** What the API serves at `/`: the page, and the map of the setting, or of the simulated city. @throws SettingError */
export function pageOptions({ map, simulate }: Pick<Settings, 'map' | 'simulate'>): {
  pageDirs: readonly string[];
  map?: string;
} {
  const path = map ?? (simulate === undefined ? undefined : DISTRICTS_FILE);
  return { pageDirs: PAGE_DIRS, ...(path !== undefined && { map: readMap(path) }) };
}

/** @returns the text of a GeoJSON file in which at least one district has an outline */
function readMap(path: string): string {
  const text = read(path);
  if (Buffer.byteLength(text) > MAX_MAP_BYTES)
    throw new SettingError(`--map names ${path}, which is larger than 4 MB; simplify its outlines.`);
  if (!hasDistrict(parse(path, text))) {
    throw new SettingError(
      `--map names ${path}, which has no district: a FeatureCollection of Polygons is needed, each with the property "id" (the value of the label district).`,
    );
  }
  return text;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new SettingError(`--map names ${path}, which can't be read: ${(error as Error).message}`, { cause: error });
  }
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SettingError(`--map names ${path}, which is not JSON: ${(error as Error).message}`, { cause: error });
  }
}

function hasDistrict(document: unknown): boolean {
  const { features } = (document ?? {}) as { features?: unknown };
  return Array.isArray(features) && features.some(isDistrict);
}

function isDistrict(feature: unknown): boolean {
  const { properties, geometry } = (feature ?? {}) as {
    properties?: { id?: unknown; name?: unknown } | null;
    geometry?: { type?: unknown } | null;
  };
  const name = properties?.id ?? properties?.name;
  return typeof name === 'string' && (geometry?.type === 'Polygon' || geometry?.type === 'MultiPolygon');
}
