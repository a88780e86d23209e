import { describe, expect, it } from '@jest/globals';
import { checkYaml } from '../yaml-file.ts';
import { loadMapping, mappingNames, mappingSchema } from './mapping.ts';

const good = `
title: Car parks
files: dataset.csv
timeZone: Europe/London
time: { column: LastUpdated, format: "yyyy-MM-dd HH:mm:ss" }
domain: traffic
device: { column: SystemCodeNumber }
metrics:
  occupancy: { column: Occupancy, unit: "{spaces}" }
skip: [Capacity]
`;
const check = (text: string) => checkYaml('mapping', 'parking.yaml', text, mappingSchema);

describe('a mapping', () => {
  it('has sensible defaults', () => {
    expect(check(good)).toMatchObject({ delimiter: ',', missing: ['', 'NA', '?'], wide: false, describe: {} });
  });

  it.each([
    ['timeZone: Europe/London', 'timeZone: Europe/Londinium', /timeZone: write an IANA time zone/],
    ['timeZone: Europe/London\n', '', /timeZone: is needed, since the times are local/],
    [', format: "yyyy-MM-dd HH:mm:ss"', '', /time: `column` and `format` belong together/],
    ['time: {', 'time: { start: "2020-01-01", step: 5m,', /time: give exactly one of/],
    ['device: { column: SystemCodeNumber }\n', '', /device: is needed/],
    ['device: { column: SystemCodeNumber }', 'device: 5', /device: write a text, or \{ column/],
    ['device: { column: SystemCodeNumber }', 'device: a\/b', /device: "a\/b" contains one of/],
    ['domain: traffic', 'domain: alerts', /domain: "alerts" belongs to the hub/],
    ['{ column: Occupancy, unit: "{spaces}" }', '{ unit: "1" }', /metrics\.occupancy\.column: is needed/],
    [
      'unit: "{spaces}"',
      'units: "{spaces}"',
      /metrics\.occupancy: "units" is no key here; there are column, unit, min, max, states/,
    ],
    ['unit: "{spaces}"', 'unit: degF', /metrics\.occupancy\.unit: "degF" is not a UCUM unit; write "\[degF\]"/],
    ['unit: "{spaces}"', 'unit: stone', /metrics\.occupancy\.unit: "stone" is not a UCUM unit, like "Cel"/],
    ['unit: "{spaces}"', 'max: full', /metrics\.occupancy\.max: write a number, or \{ column/],
    ['unit: "{spaces}"', 'min: 5, max: 1', /metrics\.occupancy\.min: 5 is above max, 1; swap them/],
    ['unit: "{spaces}"', 'states: { free: "0" }', /metrics\.occupancy\.states: "free" is not a number/],
    ['unit: "{spaces}"', 'states: { "0": on, "1": on }', /metrics\.occupancy\.states: two states are called "on"/],
    ['skip: [Capacity]', 'wide: true', /device: has no place in a wide mapping/],
    ['skip: [Capacity]', 'skip: [Capacity]\ndescribe: { name: { table: n } }', /no `table` is given/],
    ['title: Car parks\n', '', /title: is needed: write a text/],
    ['skip: [Capacity]', 'wide: 1', /wide: write true or false/],
    ['title: Car parks', 'title: [', /is not YAML/],
  ])('says where it is wrong: %s → %s', (from, to, sentence) => {
    const wrong = good.replace(from, to);
    expect(wrong).not.toBe(good);
    expect(() => check(wrong)).toThrow(sentence);
    expect(() => check(wrong)).toThrow(/The mapping parking\.yaml/);
  });

  it('needs no time zone where the times carry theirs', () => {
    const text = good.replace('timeZone: Europe/London\n', '').replace('"yyyy-MM-dd HH:mm:ss"', 'rfc3339');
    expect(check(text).timeZone).toBeUndefined();
  });

  it('comes with Seawall for six recordings, each of which passes the check', async () => {
    expect(mappingNames()).toEqual([
      'beijing_air_quality',
      'birmingham_parking',
      'gecco_water_quality',
      'household_power',
      'la_freeway_speed',
      'noaa_tide_new_london',
    ]);
    for (const name of mappingNames()) await loadMapping(name);
  });

  it('is asked for by name or path', async () => {
    await expect(loadMapping('paris')).rejects.toThrow('There is no mapping "paris". There are beijing_air_quality');
    await expect(loadMapping('/nowhere/paris.yaml')).rejects.toThrow(
      /paris\.yaml can't be read: there is no such file/,
    );
  });
});
