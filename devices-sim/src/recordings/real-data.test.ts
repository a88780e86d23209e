import { describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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

async function readAll(name: string) {
  const recording = await Recording.open(await loadMapping(name), join(REAL_DATA, name));
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

real('beijing_air_quality')('the air-quality recording', () => {
  it('yields every numeric cell of the eleven metrics, and no NA', async () => {
    const { summary, readings, devices, sums, unlocated } = await readAll('beijing_air_quality');
    const folder = join(REAL_DATA, 'beijing_air_quality');
    const texts = readdirSync(folder)
      .filter((file) => file.startsWith('PRSA'))
      .map((file) => readFileSync(join(folder, file), 'utf8'));
    const { metrics } = await loadMapping('beijing_air_quality');
    let cells = 0;
    for (const [metric, { column }] of Object.entries(metrics)) {
      const columns = texts.map((text) => columnOf(text, column!));
      cells += columns.reduce((sum, { count }) => sum + count, 0);
      expect(sums.get(metric)).toBeCloseTo(
        columns.reduce((sum, part) => sum + part.sum, 0),
        2,
      );
    }
    expect(Object.keys(metrics)).toHaveLength(11);
    expect(readings).toBe(cells);
    expect(summary).toMatchObject({
      rows: 210_384,
      readings: cells,
      missing: 210_384 * 11 - cells,
      rejected: [],
      warnings: [],
    });
    expect([devices, unlocated]).toEqual([6, 0]);
    expect(summary.firstEventTime).toBe(Date.UTC(2013, 1, 28, 16));
    expect(summary.lastEventTime).toBe(Date.UTC(2017, 1, 28, 15));
  }, 300_000);
});
