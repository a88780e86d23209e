import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { boundsOf, distanceM, EARTH_RADIUS_M, isWithin, type Area, type Place } from './area.ts';

const lat = fc.double({ min: -90, max: 90, noNaN: true });
const lon = fc.double({ min: -180, max: 180, noNaN: true });
const place = fc.record({ lat, lon });
const radiusM = fc.oneof(
  fc.double({ min: 1, max: 20_037_509, noNaN: true }),
  fc.double({ min: 1, max: 5000, noNaN: true }),
);
const circle = (at: Place, radius: number) => ({ kind: 'circle', ...at, radiusM: radius }) as const;
const box = (west: number, south: number, east: number, north: number): Area => ({ kind: 'box', west, south, east, north }); // prettier-ignore

/** The same by another way: the angle between two directions in space. */
function plainDistanceM(a: Place, b: Place): number {
  const [u, v] = [a, b].map(({ lat: phi, lon: lambda }) => {
    const [p, l] = [(phi * Math.PI) / 180, (lambda * Math.PI) / 180];
    return [Math.cos(p) * Math.cos(l), Math.cos(p) * Math.sin(l), Math.sin(p)] as const;
  });
  const cross = Math.hypot(u![1] * v![2] - u![2] * v![1], u![2] * v![0] - u![0] * v![2], u![0] * v![1] - u![1] * v![0]);
  return EARTH_RADIUS_M * Math.atan2(cross, u![0] * v![0] + u![1] * v![1] + u![2] * v![2]);
}

/** A place so many metres from another, in a direction given as an angle from north. */
function placeAt({ lat: phi, lon: lambda }: Place, metres: number, bearing: number): Place {
  const [p, d] = [(phi * Math.PI) / 180, metres / EARTH_RADIUS_M];
  const other = Math.asin(Math.sin(p) * Math.cos(d) + Math.cos(p) * Math.sin(d) * Math.cos(bearing));
  const turn = Math.atan2(Math.sin(bearing) * Math.sin(d) * Math.cos(p), Math.cos(d) - Math.sin(p) * Math.sin(other));
  return { lat: (other * 180) / Math.PI, lon: ((lambda + (turn * 180) / Math.PI + 540) % 360) - 180 };
}

describe('distanceM', () => {
  it('is the angle in space times the radius, everywhere', () => {
    fc.assert(
      fc.property(place, place, (a, b) => {
        // Opposite places are where a haversine is least exact.
        expect(Math.abs(distanceM(a, b) - plainDistanceM(a, b))).toBeLessThanOrEqual(0.5);
      }),
      { numRuns: 1000 },
    );
  });

  it.each<[string, Place, Place, number]>([
    ['a degree along a meridian', { lat: 22, lon: 113 }, { lat: 23, lon: 113 }, 111_195],
    ['across the antimeridian', { lat: 0, lon: 179.5 }, { lat: 0, lon: -179.5 }, 111_195],
    ['over a pole', { lat: 89.5, lon: 0 }, { lat: 89.5, lon: 180 }, 111_195],
    ['at a pole, whatever the longitude', { lat: 90, lon: 0 }, { lat: 90, lon: 90 }, 0],
    ['half around', { lat: 0, lon: 0 }, { lat: 0, lon: 180 }, 20_015_115],
  ])('of %s is known', (_, a, b, metres) => {
    expect(Math.abs(distanceM(a, b) - metres)).toBeLessThan(1);
  });
});

describe('isWithin', () => {
  it.each<[string, Area, Place, boolean]>([
    ['the edge of a box', box(113, 22, 114, 23), { lat: 23, lon: 114 }, true],
    ['beyond its edge', box(113, 22, 114, 23), { lat: 23.0001, lon: 114 }, false],
    ['a box across the antimeridian', box(170, -20, -170, -10), { lat: -15, lon: 180 }, true],
    ['the same from the other side', box(170, -20, -170, -10), { lat: -15, lon: -180 }, true],
    ['what such a box leaves out', box(170, -20, -170, -10), { lat: -15, lon: 0 }, false],
    ['a box up to a pole', box(0, 80, 10, 90), { lat: 90, lon: 5 }, true],
    ['a circle around a pole, on its far side', circle({ lat: 89.9, lon: 0 }, 30_000), { lat: 89.9, lon: 180 }, true],
    ['a circle across the antimeridian', circle({ lat: 0, lon: 179.99 }, 5000), { lat: 0, lon: -179.99 }, true],
    ['the middle of a circle', circle({ lat: 22, lon: 113 }, 0.001), { lat: 22, lon: 113 }, true],
  ])('knows %s', (_, area, at, expected) => {
    expect(isWithin(area, at)).toBe(expected);
  });

  it('takes in what is nearer than the radius, and nothing that is farther', () => {
    fc.assert(
      fc.property(
        fc.record({ lat: fc.double({ min: -89.9, max: 89.9, noNaN: true }), lon }),
        fc.double({ min: 10, max: 1e7, noNaN: true }),
        fc.double({ min: 0, max: 2 * Math.PI, noNaN: true }),
        (middle, metres, bearing) => {
          expect(isWithin(circle(middle, metres), placeAt(middle, metres * 0.999, bearing))).toBe(true);
          expect(isWithin(circle(middle, metres), placeAt(middle, metres * 1.001, bearing))).toBe(false);
        },
      ),
    );
  });
});

describe('boundsOf', () => {
  it('holds every place of a circle, at poles and across the antimeridian too', () => {
    const fraction = fc.double({ min: 0, max: 1, noNaN: true });
    const bearing = fc.double({ min: 0, max: 2 * Math.PI, noNaN: true });
    fc.assert(
      fc.property(place, radiusM, fraction, bearing, (middle, radius, share, towards) => {
        const area = circle(middle, radius);
        const at = placeAt(middle, radius * share, towards);
        if (isWithin(area, at)) expect(isWithin(boundsOf(area), at)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
