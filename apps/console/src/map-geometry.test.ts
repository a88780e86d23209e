import { describe, expect, it } from '@jest/globals';
import type { Feature } from './map-geometry.ts';
import { cityMap } from './map-geometry.ts';

function square(id: string, west: number, south: number): Feature {
  const ring = [[west, south], [west + 1, south], [west + 1, south + 1], [west, south + 1], [west, south]]; // prettier-ignore
  return { properties: { id, name: id.toUpperCase() }, geometry: { type: 'Polygon', coordinates: [ring] } };
}

describe('the map', () => {
  it('puts the north up, and its districts side by side within the drawing', () => {
    const map = cityMap([square('sw', 0, -1), square('ne', 1, 0)])!;
    expect([map.width, map.areas.map(({ name }) => name)]).toEqual([1000, ['SW', 'NE']]);
    const [sw, ne] = map.areas.map(({ centre }) => centre);
    expect(sw![0]).toBeLessThan(ne![0]);
    expect(sw![1]).toBeGreaterThan(ne![1]);
    expect(sw![0]).toBeCloseTo(256, 0);
    expect(map.height).toBeCloseTo(1000, 0);
  });

  it('flattens degrees of longitude as far north as the city is', () => {
    expect(cityMap([square('far', 10, 59.5)])!.height).toBeCloseTo(976 * 2 + 24, -1);
  });

  it('draws lines, but takes no district from them, and leaves out areas without a name', () => {
    const line = { type: 'LineString', coordinates: [[0, 0], [1, 1]] } as const; // prettier-ignore
    const nameless = { ...square('x', 5, 5), properties: null };
    const map = cityMap([
      square('a', 0, 0),
      { properties: { kind: 'coast', name: 'Bay' }, geometry: line },
      { properties: { kind: 'canal', name: 'Cut' }, geometry: line },
      nameless,
    ])!;
    expect(map.areas.map(({ district }) => district)).toEqual(['a']);
    expect(map.lines.map(({ kind }) => kind)).toEqual(['coast', 'river']);
  });

  it('writes the name of a district of several parts into the largest', () => {
    const [small, large] = [square('i', 9, 0), square('i', 0, 0)].map(({ geometry }) => geometry.coordinates);
    const wide = [[[0, 0], [4, 0], [4, 2], [0, 2], [0, 0]]]; // prettier-ignore
    const coordinates = [small, wide, large] as (readonly (readonly number[])[])[][];
    const map = cityMap([{ properties: { id: 'i' }, geometry: { type: 'MultiPolygon', coordinates } }])!;
    expect(map.areas[0]!.centre[0]).toBeLessThan(300);
    expect(map.areas[0]!.path.match(/M/g)).toHaveLength(3);
  });

  it('is none without areas', () => expect(cityMap([])).toBeUndefined());
});
