import { describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadMapping } from './mapping.ts';
import { Recording } from './read-recording.ts';

const REAL_DATA =
  process.env['SEAWALL_REAL_DATA'] ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url));

/** Skips aloud: the recordings are not part of the project. */
function real(folder: string): typeof describe | typeof describe.skip {
  if (existsSync(join(REAL_DATA, folder))) return describe;
  process.stderr.write(`SKIPPED: no ${folder} under ${REAL_DATA}; set SEAWALL_REAL_DATA to test with it.\n`);
  return describe.skip;
}

async function readAll(name: string, file = '') {
  const recording = await Recording.open(await loadMapping(name), resolve(REAL_DATA, name, file));
  const sums = new Map<string, number>();
  let readings = 0;
  let unlocated = 0;
  for await (const row of recording.rows()) {
    for (const { values, description } of row) {
      if (description !== undefined && description.location === undefined) unlocated++;
      for (const [metric, value] of Object.entries(values)) {
        readings++;
        sums.set(metric, (sums.get(metric) ?? 0) + value);
      }
    }
  }
  return { summary: recording.tally.summary(), devices: recording.devices, readings, sums, unlocated };
}

/** Cells of a column that are numbers, and their sum, by nothing but splitting at commas. */
function columnOf(text: string, header: string): { count: number; sum: number } {
  const [head, ...rows] = text
    .trim()
    .split('\n')
    .map((line) => line.split(','));
  const column = head!.indexOf(header);
  const numbers = rows.map((row) => parseFloat(row[column]!)).filter((value) => !Number.isNaN(value));
  return { count: numbers.length, sum: numbers.reduce((sum, value) => sum + value, 0) };
}

real('la_freeway_speed')('the freeway recording', () => {
  it('yields every cell of the file, a week from 2012-03-01 in Los Angeles', async () => {
    const { summary, readings, devices, sums, unlocated } = await readAll('la_freeway_speed');
    const text = readFileSync(join(REAL_DATA, 'la_freeway_speed/los_speed_wide.csv'), 'utf8');
    const cells = text.trim().split('\n').slice(1).join(',').split(',').map(Number);
    expect(readings).toBe(417_312);
    expect(summary).toMatchObject({ rows: 2016, readings: 417_312, missing: 0, rejected: [], warnings: [] });
    expect([devices, unlocated]).toEqual([207, 0]);
    expect(sums.get('speed')).toBeCloseTo(
      cells.reduce((sum, cell) => sum + cell, 0),
      3,
    );
    // Pacific standard time is eight hours behind UTC; summer time began on the eleventh.
    expect(summary.firstEventTime).toBe(Date.UTC(2012, 2, 1, 8));
    expect(summary.lastEventTime).toBe(Date.UTC(2012, 2, 8, 7, 55));
  }, 120_000);
});

real('beijing_air_quality')('a station of the air-quality recording', () => {
  it('yields every numeric cell of the eleven metrics, and no NA', async () => {
    const file = 'PRSA_Data_Aotizhongxin_20130301-20170228.csv';
    const { summary, readings, devices, sums, unlocated } = await readAll('beijing_air_quality', file);
    const text = readFileSync(join(REAL_DATA, 'beijing_air_quality', file), 'utf8');
    const { metrics } = await loadMapping('beijing_air_quality');
    let cells = 0;
    for (const [metric, { column }] of Object.entries(metrics)) {
      const { count, sum } = columnOf(text, column!);
      cells += count;
      expect(sums.get(metric)).toBeCloseTo(sum, 2);
    }
    expect(Object.keys(metrics)).toHaveLength(11);
    expect(readings).toBe(cells);
    expect(summary).toMatchObject({
      rows: 35_064,
      readings: cells,
      missing: 35_064 * 11 - cells,
      rejected: [],
      warnings: [],
    });
    expect([devices, unlocated]).toEqual([1, 0]);
    expect(summary.firstEventTime).toBe(Date.UTC(2013, 1, 28, 16));
    expect(summary.lastEventTime).toBe(Date.UTC(2017, 1, 28, 15));
  }, 120_000);
});

real('birmingham_parking')('the parking recording', () => {
  it('yields every row, those that come twice and the impossible ones too, by the clocks of Birmingham', async () => {
    const { summary, readings, devices, sums } = await readAll('birmingham_parking');
    const text = readFileSync(join(REAL_DATA, 'birmingham_parking/dataset.csv'), 'utf8');
    expect(readings).toBe(2 * 35_717);
    expect(summary).toMatchObject({ rows: 35_717, repeated: 2 * 216, missing: 0, rejected: [], warnings: [] });
    expect(devices).toBe(30);
    expect(sums.get('occupancy')).toBe(columnOf(text, 'Occupancy').sum);
    expect(sums.get('capacity')).toBe(columnOf(text, 'Capacity').sum);
    // Summer time still at the first, no more at the last.
    expect(summary.firstEventTime).toBe(Date.UTC(2016, 9, 4, 6, 46, 28));
    expect(summary.lastEventTime).toBe(Date.UTC(2016, 11, 19, 16, 30, 35));
  }, 60_000);

  it('has the capacity of each car park as the greatest occupancy', async () => {
    const mapping = await loadMapping('birmingham_parking');
    const recording = await Recording.open(mapping, join(REAL_DATA, 'birmingham_parking'));
    for await (const [element] of recording.rows()) {
      const { occupancy } = element!.description!.metrics!;
      expect(occupancy).toEqual({ unit: '{space}', min: 0, max: 577 });
      break;
    }
  });
});

real('noaa_tide_new_london')('the tide recording', () => {
  it('yields a year every six minutes', async () => {
    const { summary, devices, unlocated } = await readAll('noaa_tide_new_london');
    expect(summary).toMatchObject({ rows: 87_600, readings: 87_600, missing: 0, repeated: 0, rejected: [] });
    expect([devices, unlocated]).toEqual([1, 0]);
    expect(summary.firstEventTime).toBe(Date.UTC(2013, 0, 1));
    expect(summary.lastEventTime).toBe(Date.UTC(2013, 11, 31, 23, 54));
  }, 60_000);
});

real('household_power')('the household recording', () => {
  it('yields seven metrics a minute, by the clocks of Paris', async () => {
    const { summary, devices } = await readAll('household_power');
    expect(summary).toMatchObject({ rows: 37_283, readings: 7 * 37_283, missing: 0, repeated: 0, rejected: [] });
    expect(devices).toBe(1);
    expect(summary.firstEventTime).toBe(Date.UTC(2006, 11, 16, 16, 24));
    expect(summary.lastEventTime).toBe(Date.UTC(2007, 0, 11, 13, 50));
  }, 60_000);
});

real('gecco_water_quality')('the first week of the drinking-water recording', () => {
  it('yields every numeric cell, and no NA', async () => {
    const text = readFileSync(join(REAL_DATA, 'gecco_water_quality/gecco2018_train.csv'), 'utf8');
    const week = text.split('\n').slice(0, 1 + 7 * 1440);
    const file = join(mkdtempSync(join(tmpdir(), 'seawall-water-')), 'week.csv');
    writeFileSync(file, week.join('\n'));
    const { summary, readings, sums } = await readAll('gecco_water_quality', file);
    rmSync(dirname(file), { recursive: true });
    const { metrics } = await loadMapping('gecco_water_quality');
    let cells = 0;
    for (const [metric, { column }] of Object.entries(metrics)) {
      const { count, sum } = columnOf(week.join('\n'), column!);
      cells += count;
      expect(sums.get(metric)).toBeCloseTo(sum, 2);
    }
    expect(readings).toBe(cells);
    expect(summary).toMatchObject({ rows: 7 * 1440, missing: 10 * 7 * 1440 - cells, repeated: 0, rejected: [] });
  }, 60_000);
});
