import { beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { realDataFolder } from '../real-data/recordings/index.ts';
import type { RealDataReport } from '../real-data/verify.ts';
import { repositoryRoot } from '../support/repository.ts';
import { skippedAloud } from '../support/skipped-aloud.ts';

/** The smaller ones; all six with `npm run real-data`. */
const NAMES = ['birmingham_parking', 'noaa_tide_new_london'];
const data = realDataFolder(NAMES);
if ('absent' in data) skippedAloud('recorded data', data.absent);
const describeWithData = 'absent' in data ? describe.skip : describe;

/** The command that people run, with a part of what it can do; what it compares is in test/real-data. */
describeWithData('recorded data through a real hub', () => {
  let report: RealDataReport;

  beforeAll(async () => {
    const command = [join(repositoryRoot, 'test/real-data/run.mjs'), '--json', '--only', NAMES.join(',')];
    const { stdout } = await promisify(execFile)(process.execPath, command, { maxBuffer: 64 << 20 }).catch(
      (error: Error & { stdout: string; stderr: string }) => {
        if (!error.stdout) throw new Error(`The command failed: ${error.message}`, { cause: error });
        return error; // differences make its exit code 1; the tests below tell them
      },
    );
    report = JSON.parse(stdout) as RealDataReport;
  }, 120_000);

  it('the car parks have 71,434 readings, 432 of them twice and 385 flagged, the tide 87,600', () => {
    const told = report.taken.map(({ readings, repeated, outOfRange }) => [readings, repeated, outOfRange]);
    expect(told).toEqual([
      [71_434, 432, 385],
      [87_600, 0, 0],
    ]);
  });

  it('every count and every aggregate in local days, the long and short ones too, equals that of the files', () => {
    expect(report.checks.filter(({ mismatches }) => mismatches.length > 0)).toEqual([]);
    expect(report.checks.filter(({ compared }) => compared === 0)).toEqual([]);
    expect(report.checks).toHaveLength(15);
  });
});
