import type { Area } from '@seawall/model';
import { isRecord, shown } from './field-readers.ts';
import { Issues } from './query-error.ts';

/** Half of the earth's girth: a circle of this radius holds every place. */
const MAX_RADIUS_M = 20_037_509;
const HOW =
  'write {"box": [west, south, east, north]} or {"circle": {"lat": 22.27, "lon": 113.55, "radiusM": 500}}, in degrees and metres';

/**
 * An area as it came from outside: `{"box": [west, south, east, north]}`, RFC 7946's order, or
 * `{"circle": {"lat", "lon", "radiusM"}}`.
 * @throws QueryError with a sentence for each fault
 */
export function parseArea(value: unknown): Area {
  const issues = new Issues();
  const area = readArea(issues, value);
  issues.throwIfAny();
  return area!;
}

export function readArea(issues: Issues, value: unknown): Area | undefined {
  if (!isRecord(value)) return issues.add('area', `${shown(value)} is not an area; ${HOW}.`);
  const names = Object.keys(value);
  const foreign = names.find((name) => name !== 'box' && name !== 'circle');
  if (foreign !== undefined) return issues.add(`area.${foreign}`, `An area has no ${shown(foreign)}; ${HOW}.`);
  if (names.length !== 1) return issues.add('area', `An area is either a box or a circle; ${HOW}.`);
  return names[0] === 'box' ? readBox(issues, value['box']) : readCircle(issues, value['circle']);
}

function readBox(issues: Issues, value: unknown): Area | undefined {
  if (!Array.isArray(value) || value.length !== 4) {
    return issues.add('area.box', `Write [west, south, east, north] in degrees, not ${shown(value)}.`);
  }
  const [west, south, east, north] = value.map((degrees, i) =>
    readDegrees(issues, `area.box[${i}]`, degrees, i % 2 === 0 ? 180 : 90),
  );
  if (west === undefined || south === undefined || east === undefined || north === undefined) return undefined;
  if (south > north) {
    return issues.add(
      'area.box',
      `South (${south}) is above north (${north}); the order is west, south, east, north, and only west may exceed east, across the antimeridian.`,
    );
  }
  return { kind: 'box', west, south, east, north };
}

function readCircle(issues: Issues, value: unknown): Area | undefined {
  if (!isRecord(value)) return issues.add('area.circle', `${shown(value)} is not a circle; ${HOW}.`);
  const foreign = Object.keys(value).filter((name) => !['lat', 'lon', 'radiusM'].includes(name));
  for (const name of foreign) {
    issues.add(`area.circle.${name}`, `A circle has no ${shown(name)}; it has lat, lon and radiusM.`);
  }
  const lat = readDegrees(issues, 'area.circle.lat', value['lat'], 90);
  const lon = readDegrees(issues, 'area.circle.lon', value['lon'], 180);
  const { radiusM } = value;
  if (typeof radiusM !== 'number' || !(radiusM > 0 && radiusM <= MAX_RADIUS_M)) {
    return issues.add(
      'area.circle.radiusM',
      `Write metres above 0 and up to ${MAX_RADIUS_M} (half around the earth), not ${shown(radiusM)}.`,
    );
  }
  return lat === undefined || lon === undefined || foreign.length > 0
    ? undefined
    : { kind: 'circle', lat, lon, radiusM };
}

function readDegrees(issues: Issues, field: string, value: unknown, most: 90 | 180): number | undefined {
  if (typeof value === 'number' && Math.abs(value) <= most) return value;
  const what = most === 90 ? 'latitude' : 'longitude';
  return issues.add(field, `Write a ${what} from -${most} to ${most} degrees, not ${shown(value)}.`);
}
