/** A part of the earth's surface, in degrees of WGS 84. */
export type Area =
  /** Edges belong to it. West of the east, or else it lies across the antimeridian (RFC 7946, 5.2). */
  | {
      readonly kind: 'box';
      readonly west: number;
      readonly south: number;
      readonly east: number;
      readonly north: number;
    }
  /** All within so many metres of a place, its edge included. */
  | { readonly kind: 'circle'; readonly lat: number; readonly lon: number; readonly radiusM: number };

export interface Place {
  readonly lat: number;
  readonly lon: number;
}

/** The mean radius R1 = (2a + b) / 3 of the WGS 84 ellipsoid (H. Moritz, Geodetic Reference System 1980), in metres. */
export const EARTH_RADIUS_M = 6_371_008.8;

/** Metres along the great circle between two places, on a sphere of the mean radius (haversine; off by 0.5 % at most). */
export function distanceM(a: Place, b: Place): number {
  const [latA, latB] = [radians(a.lat), radians(b.lat)];
  const h =
    Math.sin((latB - latA) / 2) ** 2 + Math.cos(latA) * Math.cos(latB) * Math.sin(radians(b.lon - a.lon) / 2) ** 2;
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

export function isWithin(area: Area, place: Place): boolean {
  if (area.kind === 'circle') return distanceM(area, place) <= area.radiusM;
  const { west, south, east, north } = area;
  if (place.lat < south || place.lat > north) return false;
  return west <= east ? place.lon >= west && place.lon <= east : place.lon >= west || place.lon <= east;
}

/**
 * The least box that holds the area, for an index to begin with: every place of the area lies in it. A circle around a
 * pole, and one that reaches more than half around the earth, takes all longitudes.
 */
export function boundsOf(area: Area): Extract<Area, { kind: 'box' }> {
  if (area.kind === 'box') return area;
  const { lat, lon } = area;
  const angle = area.radiusM / EARTH_RADIUS_M;
  // Wider by a hair than the circle, so that rounding loses nobody at its edge.
  const reach = degrees(angle) + 1e-9;
  const [south, north] = [lat - reach, lat + reach];
  const whole = {
    kind: 'box',
    west: -180,
    east: 180,
    south: Math.max(-90, south),
    north: Math.min(90, north),
  } as const;
  if (south <= -90 || north >= 90) return whole;
  const width = degrees(Math.asin(Math.min(1, Math.sin(angle) / Math.cos(radians(lat))))) + 1e-9;
  return { ...whole, west: wrapped(lon - width), east: wrapped(lon + width) };
}

function wrapped(lon: number): number {
  return lon > 180 ? lon - 360 : lon < -180 ? lon + 360 : lon;
}

function radians(angle: number): number {
  return (angle * Math.PI) / 180;
}

function degrees(angle: number): number {
  return (angle * 180) / Math.PI;
}
