import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pageOptions } from './page.ts';

const SQUARE = '{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'seawall-map-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(text: string): string {
  const path = join(folder, 'map.geojson');
  writeFileSync(path, text);
  return path;
}

describe('the map of the page', () => {
  it('is the file of the setting, as it is', () => {
    const text = `{"type":"FeatureCollection","features":[{"properties":{"id":"harbour"},"geometry":${SQUARE}}]}`;
    expect(pageOptions({ map: file(text), simulate: 'smog-episode' }).map).toBe(text);
  });

  it('is the simulated city where there is one and none is set, else absent', () => {
    expect(pageOptions({ map: undefined, simulate: 'smog-episode' }).map).toContain('harbourside');
    expect(pageOptions({ map: undefined, simulate: undefined })).not.toHaveProperty('map');
  });

  it.each([
    ['is not there', () => join(folder, 'nowhere'), /--map names .*nowhere.*can't be read/],
    ['is no JSON', () => file('<kml>'), /not JSON/],
    ['is null', () => file('null'), /no district/],
    ['has no areas', () => file('{"features":[{"properties":{"id":"x"},"geometry":{"type":"Point"}}]}'), /no district/],
    ['has no names', () => file(`{"features":[{"properties":null,"geometry":${SQUARE}},null]}`), /no district/],
    ['is too large', () => file(' '.repeat(4 * 1024 * 1024 + 1)), /larger than 4 MB/],
  ])('is refused by a sentence where the file %s', (_, path, sentence) => {
    expect(() => pageOptions({ map: path(), simulate: undefined })).toThrow(sentence);
  });
});
