import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * The outlines of Port Averel as GeoJSON: a Polygon for each district with `{id, name}`, and the coast and the river
 * as LineStrings with `{kind, name}`. Drawn by hand; neighbours share the very points of their border.
 */
export const DISTRICTS_FILE = fileURLToPath(new URL('../city/districts.geojson', import.meta.url));

/** Longitude and latitude, in degrees. */
export type Position = readonly [lon: number, lat: number];

export interface District {
  readonly id: string;
  readonly name: string;
  /** Closed: the last position is the first. */
  readonly outline: readonly Position[];
  /** The middle of the box around the outline. */
  readonly centre: Position;
  /** West, south, east, north. */
  readonly box: readonly [west: number, south: number, east: number, north: number];
}

interface Feature {
  readonly properties: { readonly id: string; readonly name: string };
  readonly geometry: { readonly type: string; readonly coordinates: readonly (readonly Position[])[] };
}

let districts: readonly District[] | undefined;

/** The districts in the order of the file, which is read once. */
export function cityDistricts(): readonly District[] {
  return (districts ??= readDistricts());
}

function readDistricts(): District[] {
  const { features } = JSON.parse(readFileSync(DISTRICTS_FILE, 'utf8')) as { features: Feature[] };
  return features
    .filter(({ geometry }) => geometry.type === 'Polygon')
    .map(({ properties: { id, name }, geometry }) => districtOf(id, name, geometry.coordinates[0]!));
}

function districtOf(id: string, name: string, outline: readonly Position[]): District {
  const lons = outline.map(([lon]) => lon);
  const lats = outline.map(([, lat]) => lat);
  const [west, south, east, north] = [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
  return { id, name, outline, centre: [(west + east) / 2, (south + north) / 2], box: [west, south, east, north] };
}

/** Whether a position lies inside a closed outline: a ray to the east crosses it an odd number of times. */
export function isInside([lon, lat]: Position, outline: readonly Position[]): boolean {
  let inside = false;
  for (let i = 1; i < outline.length; i++) {
    const [lon1, lat1] = outline[i - 1]!;
    const [lon2, lat2] = outline[i]!;
    if (lat1 > lat !== lat2 > lat && lon < lon1 + ((lat - lat1) / (lat2 - lat1)) * (lon2 - lon1)) inside = !inside;
  }
  return inside;
}
