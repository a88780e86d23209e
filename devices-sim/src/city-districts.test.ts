import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { cityDistricts, DISTRICTS_FILE, isInside, type Position } from './city-districts.ts';

const districts = cityDistricts();
type Segment = readonly [Position, Position];
const segments = (line: readonly Position[]): Segment[] => line.slice(1).map((end, i) => [line[i]!, end]);
const nameOf = ([a, b]: Segment) => [a, b].map(String).sort().join(' ');
const turn = ([ax, ay]: Position, [bx, by]: Position, [cx, cy]: Position) =>
  Math.sign((bx - ax) * (cy - ay) - (by - ay) * (cx - ax));
const cross = ([a, b]: Segment, [c, d]: Segment) =>
  turn(a, b, c) * turn(a, b, d) < 0 && turn(c, d, a) * turn(c, d, b) < 0;

describe('the districts of Port Averel', () => {
  it('are eight, closed, and drawn counter-clockwise as RFC 7946 asks', () => {
    expect(districts.map(({ id }) => id).sort()).toEqual([
      'chapel-fields',
      'gull-point',
      'harbourside',
      'kilnside',
      'lantern-hill',
      'millrace',
      'old-quay',
      'saltings',
    ]);
    for (const { outline } of districts) {
      expect(outline.at(-1)).toEqual(outline[0]);
      const doubleArea = segments(outline).reduce((sum, [[ax, ay], [bx, by]]) => sum + ax * by - ay * bx, 0);
      expect(doubleArea).toBeGreaterThan(0);
    }
  });

  it('adjoin without crossing: a border is shared by two districts, or is the edge of the city', () => {
    const all = districts.flatMap(({ outline }) => segments(outline));
    const crossings = all.flatMap((one, i) => all.slice(i + 1).filter((other) => cross(one, other)));
    expect(crossings).toEqual([]);
    const uses = new Map<string, number>();
    for (const border of all.map(nameOf)) uses.set(border, (uses.get(border) ?? 0) + 1);
    for (const times of uses.values()) expect(times).toBeLessThanOrEqual(2);
  });

  it('have a coast and a river along their borders', () => {
    const { features } = JSON.parse(readFileSync(DISTRICTS_FILE, 'utf8')) as {
      features: { properties: { kind?: string }; geometry: { coordinates: Position[] } }[];
    };
    const borders = districts.flatMap(({ outline }) => segments(outline).map(nameOf));
    const timesOnBorder = (kind: string) => {
      const { geometry } = features.find(({ properties }) => properties.kind === kind)!;
      return segments(geometry.coordinates).map((part) => borders.filter((border) => border === nameOf(part)).length);
    };
    expect(new Set(timesOnBorder('coast'))).toEqual(new Set([1]));
    expect(new Set(timesOnBorder('river'))).toEqual(new Set([2]));
  });
});

describe('isInside', () => {
  const square: Position[] = [
    [0, 0],
    [2, 0],
    [2, 2],
    [0, 2],
    [0, 0],
  ];

  it.each([
    [[1, 1], true],
    [[0.01, 1.99], true],
    [[-1, 1], false],
    [[3, 1], false],
    [[1, 3], false],
  ] as [Position, boolean][])('%j: %j', (position, inside) => expect(isInside(position, square)).toBe(inside));
});
