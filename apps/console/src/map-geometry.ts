type Position = readonly number[];

/** What of a GeoJSON feature a schematic map draws: areas of districts, and lines (a coast, a river). */
export interface Feature {
  readonly properties: { readonly id?: string; readonly name?: string; readonly kind?: string } | null;
  readonly geometry:
    | { readonly type: 'Polygon' | 'MultiLineString'; readonly coordinates: readonly (readonly Position[])[] }
    | { readonly type: 'MultiPolygon'; readonly coordinates: readonly (readonly (readonly Position[])[])[] }
    | { readonly type: 'LineString'; readonly coordinates: readonly Position[] };
}

export interface Area {
  /** The value of the label `district`. */
  readonly district: string;
  readonly name: string;
  readonly path: string;
  /** Where its text stands. */
  readonly centre: readonly [x: number, y: number];
}

export interface CityMap {
  readonly width: number;
  readonly height: number;
  readonly areas: readonly Area[];
  readonly lines: readonly { readonly kind: string; readonly path: string }[];
}

const WIDTH = 1000;
const MARGIN = 12;

/** Flattened around its middle latitude, which is right for a city. @returns undefined where there is no area */
export function cityMap(features: readonly Feature[]): CityMap | undefined {
  const drawn = features.map((feature) => ({ feature, rings: ringsOf(feature.geometry) }));
  const areas = drawn.filter(({ feature }) => feature.geometry.type.endsWith('Polygon') && districtOf(feature));
  const all = areas.flatMap(({ rings }) => rings.flat());
  if (all.length === 0) return undefined;
  const [west, east] = span(all.map((at) => at[0]!));
  const [south, north] = span(all.map((at) => at[1]!));
  const squeeze = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const scale = (WIDTH - 2 * MARGIN) / Math.max((east - west) * squeeze, 1e-9);
  const project = ([lon, lat]: Position): [number, number] => [
    MARGIN + (lon! - west) * squeeze * scale,
    MARGIN + (north - lat!) * scale,
  ];
  return {
    width: WIDTH,
    height: Math.max(50, (north - south) * scale + 2 * MARGIN),
    areas: areas.map(({ feature, rings }) => {
      const outlines = rings.map((ring) => ring.map(project));
      const path = outlines.map((outline) => `${pathOf(outline)}Z`).join('');
      const district = districtOf(feature)!;
      return { district, name: feature.properties?.name ?? district, path, centre: centreOf(largest(outlines)) };
    }),
    lines: drawn
      .filter(({ feature }) => feature.geometry.type.endsWith('LineString'))
      .map(({ feature, rings }) => ({
        kind: feature.properties?.kind === 'coast' ? 'coast' : 'river',
        path: rings.map((ring) => pathOf(ring.map(project))).join(''),
      })),
  };
}

function districtOf({ properties }: Feature): string | undefined {
  return properties?.id ?? properties?.name;
}

function ringsOf(geometry: Feature['geometry']): readonly (readonly Position[])[] {
  if (geometry.type === 'MultiPolygon') return geometry.coordinates.flat();
  return geometry.type === 'LineString' ? [geometry.coordinates] : geometry.coordinates;
}

function span(values: readonly number[]): [number, number] {
  return [Math.min(...values), Math.max(...values)];
}

function pathOf(points: readonly (readonly [number, number])[]): string {
  return points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');
}

function largest(outlines: readonly [number, number][][]): [number, number][] {
  return outlines.reduce((best, outline) => (Math.abs(areaOf(outline)) > Math.abs(areaOf(best)) ? outline : best));
}

function areaOf(points: readonly [number, number][]): number {
  return points.reduce((sum, [x, y], i) => {
    const [x2, y2] = points[(i + 1) % points.length]!;
    return sum + (x * y2 - x2 * y) / 2;
  }, 0);
}

function centreOf(points: readonly [number, number][]): [number, number] {
  const area = areaOf(points);
  if (Math.abs(area) < 1e-6) return points[0] ?? [0, 0];
  let [cx, cy] = [0, 0];
  points.forEach(([x, y], i) => {
    const [x2, y2] = points[(i + 1) % points.length]!;
    const cross = x * y2 - x2 * y;
    cx += (x + x2) * cross;
    cy += (y + y2) * cross;
  });
  return [cx / (6 * area), cy / (6 * area)];
}
