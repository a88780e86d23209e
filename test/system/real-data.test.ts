import { beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { realDataFolder } from '../real-data/recorded-files.ts';
import type { RealDataReport } from '../real-data/verify.ts';
import { repositoryRoot } from '../support/repository.ts';
import { skippedAloud } from '../support/skipped-aloud.ts';

const data = realDataFolder();
if ('absent' in data) skippedAloud('recorded data', data.absent);
const describeWithData = 'absent' in data ? describe.skip : describe;

/** The command that people run, run as they do; what it compares is in test/real-data. */
describeWithData('recorded data through a real hub', () => {
  let report: RealDataReport;

  beforeAll(async () => {
    const command = [join(repositoryRoot, 'test/real-data/run.mjs'), '--json'];
    const { stdout } = await promisify(execFile)(process.execPath, command, { maxBuffer: 64 << 20 }).catch(
      (error: Error & { stdout: string; stderr: string }) => {
        if (!error.stdout) throw new Error(`The command failed: ${error.message}`, { cause: error });
        return error; // differences make its exit code 1; the tests below tell them
      },
    );
    report = JSON.parse(stdout) as RealDataReport;
  }, 280_000);

  it('the freeway has 417,312 readings, and Beijing all its numeric cells', () => {
    expect(report.taken.map(({ readings }) => readings)).toEqual([417_312, 2_280_683]);
  });

  it('every count, every hourly and local-day aggregate, every episode and its announcement equal those of the files', () => {
    expect(report.checks.filter(({ mismatches }) => mismatches.length > 0)).toEqual([]);
    expect(report.checks.filter(({ compared }) => compared === 0)).toEqual([]);
    expect(report.checks).toHaveLength(14);
  });

  it('congestion comes and goes', () => {
    expect(report.congestion.length).toBeGreaterThan(0);
    expect(report.congestion.filter(({ endsAt }) => endsAt !== null).length).toBeGreaterThan(0);
  });
});
