import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkYaml } from '../yaml-file.ts';
import { mappingSchema } from './mapping.ts';
import { Recording } from './read-recording.ts';
import type { RecordedElement } from './row-reader.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'seawall-recording-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const long = `
title: Stations
files: station-*.csv
timeZone: UTC
time: { column: time, format: "yyyy-MM-dd HH:mm" }
domain: environment
device: { column: station }
metrics:
  pm25: { column: PM2.5, unit: ug/m3, min: 0 }
  door: { column: Door, states: { "0": closed, "1": open } }
skip: [Note]
describe:
  table: { file: places.csv, key: id }
  name: { table: called }
  type: air-quality
  location: { lat: { table: lat }, lon: { table: lon } }
  labels: { network: { column: Net }, colour: green }
`;
const HEADER = 'time,station,Net,PM2.5,Door,Note\n';

async function readAll(mapping: string, files: Record<string, string>, data = '.') {
  const own = mkdtempSync(join(folder, 'case-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(own, name), text);
  const recording = await Recording.open(checkYaml('mapping', 'm.yaml', mapping, mappingSchema), join(own, data));
  const elements: RecordedElement[] = [];
  for await (const row of recording.rows()) elements.push(...row);
  return { elements, summary: recording.tally.summary(), recording };
}

describe('a recording', () => {
  const places = 'id,called,lat,lon\na,Alder,50.1,-2.4\n';

  it('gives each row as one element, and what is missing not at all', async () => {
    const { elements, summary } = await readAll(long, {
      'places.csv': places,
      'station-a.csv': `${HEADER}2020-01-01 00:00,a,north,12.5,1,hm\n2020-01-01 01:00,a,north,NA,,x\n2020-01-01 02:00,a,north,-1e1,0,\n`,
    });
    expect(elements.map(({ device, ts, values, line }) => ({ device, ts, values, line }))).toEqual([
      { device: 'a', ts: Date.UTC(2020, 0, 1), values: { pm25: 12.5, door: 1 }, line: 2 },
      { device: 'a', ts: Date.UTC(2020, 0, 1, 2), values: { pm25: -10, door: 0 }, line: 4 },
    ]);
    expect(summary).toMatchObject({ files: 1, rows: 3, readings: 4, missing: 2, rejected: [], warnings: [] });
  });

  it('takes the name of a state for its number', async () => {
    const { elements, summary } = await readAll(long, {
      'places.csv': places,
      'station-a.csv': `${HEADER}2020-01-01 00:00,a,n,1,open,\n2020-01-01 01:00,a,n,1, closed ,\n2020-01-01 02:00,a,n,open,ajar,\n`,
    });
    expect(elements.map(({ values }) => values)).toEqual([
      { pm25: 1, door: 1 },
      { pm25: 1, door: 0 },
    ]);
    expect(summary.rejected.flatMap(({ examples }) => examples.map(({ detail }) => detail))).toEqual([
      'PM2.5 is "open", which is not a number',
      'Door is "ajar", which is neither a number nor one of its states, closed, open',
    ]);
  });

  it('describes a device with its first element only, from constants, table and row', async () => {
    const { elements, summary } = await readAll(long, {
      'places.csv': places,
      'station-a.csv': `${HEADER}2020-01-01 00:00,a,north,1,1,\n2020-01-01 01:00,a,south,1,1,\n2020-01-01 02:00,b,south,1,1,\n`,
    });
    const metrics = { pm25: { unit: 'ug/m3', min: 0 }, door: { states: { 0: 'closed', 1: 'open' } } };
    expect(elements.map(({ description }) => description)).toEqual([
      {
        name: 'Alder',
        type: 'air-quality',
        location: { lat: 50.1, lon: -2.4 },
        labels: { network: 'north', colour: 'green' },
        metrics,
      },
      undefined,
      { type: 'air-quality', labels: { network: 'south', colour: 'green' }, metrics },
    ]);
    expect(summary.warnings).toEqual(['1 device is not in places.csv: b.']);
  });

  it('counts what can not be used, with the lines to look at', async () => {
    const { elements, summary } = await readAll(long, {
      'places.csv': places,
      'station-a.csv': `${HEADER}2020-01-01 00:00,a,n,12..5,1,\n2020-02-30 00:00,a,n,1,1,\n2020-01-01 00:00,a,n\n2020-01-02 00:00,,n,1,1,\n2020-01-03 00:00,a,n,0x10,Infinity,\n`,
    });
    expect(elements.map(({ values }) => values)).toEqual([{ door: 1 }]);
    const counts = summary.rejected.map(({ reason, count, examples }) => [
      reason,
      count,
      examples.map(({ line }) => line),
    ]);
    expect(counts).toEqual([
      ['not-a-number', 3, [2, 6, 6]],
      ['bad-time', 1, [3]],
      ['wrong-shape', 1, [4]],
      ['bad-name', 1, [5]],
    ]);
    expect(summary.rejected[0]!.examples[0]!.detail).toBe('PM2.5 is "12..5", which is not a number');
  });

  it('merges several files by time', async () => {
    const rows = (station: string, hours: number[]) =>
      hours.map((hour) => `2020-01-01 0${hour}:00,${station},n,1,1,\n`).join('');
    const { elements, recording } = await readAll(long, {
      'places.csv': places,
      'station-a.csv': HEADER + rows('a', [0, 3, 4]),
      'station-b.csv': HEADER + rows('b', [1, 2, 5]),
      'station-c.csv': HEADER,
    });
    expect(elements.map(({ device }) => device).join('')).toBe('abbaab');
    expect(recording.bytesRead).toBe(recording.totalBytes);
  });

  describe('over the hour that comes twice', () => {
    const inZone = (zone: string) => `
title: Counters
files: "*.csv"
timeZone: ${zone}
time: { column: time, format: "yyyy-MM-dd HH:mm" }
domain: traffic
device: { column: device }
metrics: { v: { column: v } }
`;
    const wide = `
title: Counters
files: "*.csv"
timeZone: Europe/London
time: { column: time, format: "yyyy-MM-dd HH:mm" }
domain: traffic
wide: true
metrics: { v: {} }
`;
    const rowsOf = (times: string[], device = 'a') => times.map((time, i) => `2024-10-27 ${time},${device},${i}\n`);
    const read = async (times: string[], zone = 'Europe/London') =>
      readAll(inZone(zone), { 'x.csv': `time,device,v\n${rowsOf(times).join('')}` });
    const timesOf = (elements: readonly RecordedElement[]) =>
      elements.map(({ ts }) => new Date(ts).toISOString().slice(11, 16));

    it('takes the later time where a device goes back', async () => {
      const { elements, summary } = await read(['00:30', '01:00', '01:30', '01:00', '01:30', '02:00']);
      expect(timesOf(elements)).toEqual(['23:30', '00:00', '00:30', '01:00', '01:30', '02:00']);
      expect(summary).toMatchObject({ rows: 6, readings: 6, repeated: 0, rejected: [], warnings: [] });
    });

    it('leaves times as they are that come but once', async () => {
      const times = ['00:30', '01:00', '01:30', '01:00', '01:30', '02:00'];
      const { elements, summary } = await read(times, 'UTC');
      expect(timesOf(elements)).toEqual(times);
      expect(summary).toMatchObject({ rows: 6, readings: 6, repeated: 0, rejected: [], warnings: [] });
    });

    it('goes by each device of a file', async () => {
      const [a, b] = [
        rowsOf(['01:00', '01:40', '01:05', '02:00']),
        rowsOf(['01:10', '01:50', '01:50', '01:15', '01:15'], 'b'),
      ];
      const mixed = a.flatMap((row, i) => [row, b[i]!]).join('') + b[4]!;
      for (const rows of [mixed, a.join('') + b.join('')]) {
        const { elements, summary } = await readAll(inZone('Europe/London'), { 'x.csv': `time,device,v\n${rows}` });
        const of = (device: string) => timesOf(elements.filter((element) => element.device === device));
        expect(of('a')).toEqual(['00:00', '00:40', '01:05', '02:00']);
        expect(of('b')).toEqual(['00:10', '00:50', '00:50', '01:15', '01:15']);
        expect(summary.repeated).toBe(2);
      }
    });

    it('goes by the rows of a wide file, whose cells may be missing', async () => {
      const rows = ['01:00,1,1', '01:30,2,', '01:00,,3', '01:30,4,4', '02:00,5,5'].map((row) => `2024-10-27 ${row}\n`);
      const { elements, summary } = await readAll(wide, { 'x.csv': `time,a,b\n${rows.join('')}` });
      const of = (device: string) => timesOf(elements.filter((element) => element.device === device));
      expect(of('a')).toEqual(['00:00', '00:30', '01:30', '02:00']);
      expect(of('b')).toEqual(['00:00', '01:00', '01:30', '02:00']);
      expect(summary).toMatchObject({ repeated: 0, warnings: [] });
    });

    it('warns where nothing tells which is meant', async () => {
      const again = await read(['00:00', '01:00', '01:00', '02:00']);
      expect(timesOf(again.elements)).toEqual(['23:00', '00:00', '00:00', '02:00']);
      expect(again.summary.repeated).toBe(1);
      expect(again.summary.warnings).toEqual([
        'Of 1 row nobody can tell which of two times is meant, as its local time comes twice in Europe/London; it was taken for the earlier, where another reading may stand: x.csv, line 4.',
      ]);
      const backwards = await read(['02:30', '02:00', '01:30', '01:00', '01:30', '01:00', '00:30']);
      expect(timesOf(backwards.elements)).toEqual(['02:30', '02:00', '00:30', '00:00', '00:30', '00:00', '23:30']);
      expect(backwards.summary.warnings).toEqual([
        'Of 3 rows nobody can tell which of two times is meant, as their local times come twice in Europe/London; they were taken for the earlier, where other readings may stand: the first is x.csv, line 4.',
      ]);
    });

    it('takes a row out of order for no change of the hour', async () => {
      const { elements, summary } = await read(['01:00', '01:10', '01:05', '01:15', '01:55', '01:00', '01:10']);
      expect(timesOf(elements)).toEqual(['00:00', '00:10', '00:05', '00:15', '00:55', '01:00', '01:10']);
      expect(summary.warnings).toEqual([expect.stringContaining('x.csv, line 4')]);
    });

    it('takes times that carry their zone at their word', async () => {
      const mapping = inZone('Europe/London').replace('"yyyy-MM-dd HH:mm"', 'rfc3339');
      const rows = ['00:10', '00:40', '00:20'].map((time) => `2024-10-27T${time}:00Z,a,1\n`);
      const { elements, summary } = await readAll(mapping, { 'x.csv': `time,device,v\n${rows.join('')}` });
      expect(timesOf(elements)).toEqual(['00:10', '00:40', '00:20']);
      expect(summary.warnings).toEqual([]);
    });
  });

  it('encodes what a topic can not hold in a foreign name', async () => {
    const { elements } = await readAll(long, {
      'places.csv': places,
      'station-a.csv': `${HEADER}2020-01-01 00:00,$N/1+2#3,n,1,1,\n`,
    });
    expect(elements[0]!.device).toBe('%24N%2F1%2B2%233');
  });

  it('reads a wide file: a column a device, a row a time', async () => {
    const wide = `
title: Loops
files: wide.csv
delimiter: ";"
timeZone: UTC
time: { start: "2020-01-01", step: 5m }
domain: traffic
wide: true
metrics: { speed: { unit: km/h } }
skip: [Remark]
`;
    const { elements, summary } = await readAll(
      wide,
      { 'wide.csv': '\uFEFF7;8;Remark;9\n50;60;-;?\n51;;-;71\n' },
      'wide.csv',
    );
    expect(elements.map(({ device, ts, values }) => [device, ts - Date.UTC(2020, 0, 1), values['speed']])).toEqual([
      ['7', 0, 50],
      ['8', 0, 60],
      ['7', 300_000, 51],
      ['9', 300_000, 71],
    ]);
    expect(summary).toMatchObject({ rows: 2, readings: 4, missing: 2 });
  });

  it.each([
    [
      'a column the mapping names',
      HEADER.replace('PM2.5', 'PM25'),
      /names the column "PM2.5", which station-a\.csv does not have/,
    ],
    ['a column nobody named', HEADER.replace('Note', 'Note,wd'), /columns that the mapping does not name: wd/],
    ['no header', '', /is empty; a recording begins with a row of headers/],
    ['an open quote', `${HEADER}"2020`, /station-a\.csv is not CSV that can be read/],
  ])('refuses a file with %s', async (_, text, sentence) => {
    await expect(readAll(long, { 'places.csv': places, 'station-a.csv': text })).rejects.toThrow(sentence);
  });

  it('says which file is not there', async () => {
    await expect(readAll(long, {}, 'nowhere')).rejects.toThrow(
      /nowhere can't be read: there is no such file or folder/,
    );
    await expect(readAll(long, { 'places.csv': places })).rejects.toThrow(/has no file station-\*\.csv/);
    await expect(readAll(long, { 'station-a.csv': HEADER })).rejects.toThrow(
      /table of devices .*places\.csv can't be read/,
    );
    const wrong = places.replace('called', 'name');
    await expect(readAll(long, { 'places.csv': wrong, 'station-a.csv': HEADER })).rejects.toThrow(
      /has no column "called"; it has id, name, lat, lon/,
    );
  });

  it('refuses a place that is not on Earth', async () => {
    const files = {
      'places.csv': places.replace('50.1', '501'),
      'station-a.csv': `${HEADER}2020-01-01 00:00,a,n,1,1,\n`,
    };
    await expect(readAll(long, files)).rejects.toThrow('The location of a is 501, -2.4');
  });
});
