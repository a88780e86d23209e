import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SeriesDigest } from '@seawall/model';
import { digestDatabase } from '@seawall/store-duckdb';
import { existsSync, readdirSync } from 'node:fs';
import { cp, lstat, mkdir, open, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pastTheLog } from '../support/hub-metrics.ts';
import { postJson } from '../support/http.ts';
import { LoadGenerator, type LoadReport } from '../support/load-generator.ts';
import type { LoadPlan } from '../support/load-plan.ts';
import { runSeawall, startHub, type RunningHub } from '../support/start-hub.ts';
import { acknowledgedReadings, compareStored, countStored } from '../support/stored-readings.ts';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const RATE = 3_000;
/** A backup of little may be done before the kill comes; then the next one is tried. */
const TRIES = 10;

const plan: LoadPlan = {
  run: 'kept',
  domain: 'utility',
  connections: 4,
  devicesPerConnection: 3,
  metrics: ['flow', 'level'],
  baseTime: Date.parse('2026-05-05T00:00:00Z'),
  stepMs: 50,
};

/** Everything below looks at one run: a load, a backup in the middle of it, and one that SIGKILL ends. */
let folder: string;
let dataDir: string;
let backups: string;
let hub: RunningHub;
let load: LoadGenerator;
/** What was acknowledged before the good backup began. */
let before: LoadReport;
let report: LoadReport;
let made: Awaited<ReturnType<typeof runSeawall>>;
let half: string;

beforeAll(async () => {
  folder = await makeTempDir('backup');
  dataDir = join(folder, 'data');
  backups = join(folder, 'elsewhere');
  await mkdir(join(dataDir, 'rules'), { recursive: true, mode: 0o700 });
  await writeFile(join(folder, 'notes.txt'), 'ours');
  await symlink(join(folder, 'notes.txt'), join(dataDir, 'rules', 'notes.txt'));
  hub = await startHub({ dataDir, args: ['--backup-dir', backups] });
  load = new LoadGenerator();
  await load.prepare(plan, 256);
  await load.connect(hub.mqtt);
  await load.run(RATE);
  await waitUntil('much is acknowledged', async () => (await load.counts()).acknowledgedCount > 5_000, 30_000);
  await waitUntil('the time that expiry goes by is kept', () => existsSync(join(dataDir, 'trusted-time')));
  before = await load.report();
  made = await runSeawall(['backup', 'good', '--url', hub.http], {}, 120_000);
  half = await killedInBackup();
  await load.pause();
  hub = await startHub({ dataDir, args: ['--backup-dir', backups] });
  await load.connect(hub.mqtt);
  await load.run(RATE);
  await load.drain();
  report = await load.report();
}, 240_000);

afterAll(async () => {
  await load?.stop();
  if (hub?.isRunning()) await hub.kill9();
  await removeTempDir(folder);
});

/** @returns a copy of what SIGKILL left of a backup */
async function killedInBackup(): Promise<string> {
  for (let i = 0; i < TRIES; i++) {
    const name = `half-${i}`;
    await postJson(hub.http, '/api/v1/backups', { name });
    const halfOfIt = () => readdirSync(backups).find((each) => each.startsWith(`${name}.`) && each.endsWith('.part'));
    await waitUntil('it is begun', () => (halfOfIt() ?? existsSync(join(backups, name))) !== false, 10_000, 1);
    if (existsSync(join(backups, name))) continue;
    await hub.kill9();
    const copy = join(folder, 'half');
    await cp(join(backups, halfOfIt()!), copy, { recursive: true });
    return copy;
  }
  throw new Error(`${TRIES} backups were done before the hub could be killed.`);
}

const restore = (from: string, to: string) => runSeawall(['restore', from, '--data-dir', to], {}, 120_000);

async function seriesOf(backup: string): Promise<SeriesDigest[]> {
  const lines = (await readFile(join(backup, 'series.ndjson'), 'utf8')).split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as SeriesDigest);
}

describe('a backup of a hub under load', () => {
  it('is made while readings come in, counted, and told', () => {
    expect(made.stderr).toBe('');
    expect(made.stdout).toMatch(/The backup good is complete: \d+ readings of 24 series, counted in the copy/);
    expect(made.code).toBe(0);
    expect(report.acknowledgedCount).toBeGreaterThan(before.acknowledgedCount);
  });

  it('restores into a folder on which a hub starts, with each reading that was acknowledged before it began', async () => {
    const restored = join(folder, 'restored');
    const { code, stderr, stdout } = await restore(join(backups, 'good'), restored);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/readings of 24 series, each with the count and the checksum it had/);
    expect(code).toBe(0);
    expect(await digestDatabase(join(restored, 'series.duckdb'))).toEqual(await seriesOf(join(backups, 'good')));
    const notes = join(restored, 'rules', 'notes.txt');
    expect([(await lstat(notes)).isFile(), await readFile(notes, 'utf8')]).toEqual([true, 'ours']);
    // Or a restored hub would go by stamps, which prove nothing after a wrong clock.
    const trusted = await readFile(join(restored, 'trusted-time'), 'utf8');
    expect(trusted).toBe(await readFile(join(backups, 'good', 'trusted-time'), 'utf8'));
    const other = await startHub({ dataDir: restored });
    try {
      await pastTheLog(other.http, ['writer', 'notifier']);
      // What was sent later may be among it, what was acknowledged before must be.
      expect(await compareStored(other.http, plan, { ...report, acknowledged: before.acknowledged })).toEqual([]);
      expect((await restore(join(backups, 'good'), restored)).stderr).toMatch(/--data-dir .* is not empty/);
    } finally {
      expect((await other.stop()).code).toBe(0);
    }
  }, 180_000);

  it('is refused when one byte of it has changed, and then leaves nothing', async () => {
    const damaged = join(folder, 'damaged');
    await cp(join(backups, 'good'), damaged, { recursive: true });
    const file = await open(join(damaged, 'journal', 'data.mdb'), 'r+');
    await file.write(Buffer.of(255), 0, 1, 9_000);
    await file.close();
    const to = join(folder, 'from-damaged');
    const { code, stderr } = await restore(damaged, to);
    expect(stderr).toMatch(/The backup is damaged: .*data\.mdb is not what it was when the backup was made/);
    expect(code).toBe(2);
    expect((await readdir(to)).filter((name) => !name.startsWith('lock.db'))).toEqual([]);
  }, 60_000);

  it('that SIGKILL ended is known as half: it is not restored, and the next start clears it away', async () => {
    const { code, stderr } = await restore(half, join(folder, 'from-half'));
    expect(stderr).toMatch(/has no manifest\.json: it is no backup, or one that was not finished/);
    expect(code).toBe(2);
    expect((await readdir(backups)).filter((name) => name.endsWith('.part'))).toEqual([]);
    const { stdout } = await runSeawall(['backup', '--list', '--json', '--url', hub.http]);
    const names = (JSON.parse(stdout) as { name: string; state: string }[]).map(
      ({ name, state }) => `${name} ${state}`,
    );
    expect(names).toContain('good complete');
    expect(names.filter((name) => !name.endsWith(' complete'))).toEqual([]);
  }, 60_000);

  it('costs the hub nothing that was acknowledged', async () => {
    const expected = acknowledgedReadings(plan, report);
    await waitUntil(
      'the store has caught up',
      async () => (await countStored(hub.http, plan)) >= expected,
      30_000,
      200,
    );
    expect(await compareStored(hub.http, plan, report)).toEqual([]);
  }, 60_000);

  it('gets no place that the request chooses, no name that is taken, and no second at once', async () => {
    for (const name of ['../x', '/tmp/x', '.x', 'x.part', 'x/y', ''])
      await expect(postJson(hub.http, '/api/v1/backups', { name })).rejects.toThrow(/A backup's name /);
    const wrong = await runSeawall(['backup', '../x', '--url', hub.http]);
    expect(wrong.stderr).toMatch(/A backup's name /);
    expect(wrong.code).toBe(2);
    const { code, stderr } = await runSeawall(['backup', 'good', '--url', hub.http]);
    expect(stderr).toMatch(/There is a backup good already/);
    expect(code).toBe(1);
    const answers = await Promise.allSettled(
      ['one', 'two'].map((name) => postJson(hub.http, '/api/v1/backups', { name })),
    );
    const refused = answers.filter((answer) => answer.status === 'rejected');
    expect(refused).toHaveLength(1);
    expect(String(refused[0]!.reason)).toMatch(/409.*The backup (one|two) is being made/);
  }, 120_000);
});

describe('a restore that was interrupted', () => {
  it('leaves a folder on which no hub starts, and is begun anew in it', async () => {
    const to = join(folder, 'half-restored');
    await cp(join(backups, 'good'), join(to, 'restoring'), { recursive: true });
    const refused = await runSeawall(['up', '--no-auth', '--data-dir', to, '--http-port', '0']);
    expect(refused.stderr).toMatch(/holds a backup that was not restored to its end/);
    expect(refused.code).toBe(2);
    // Half of it was in its place already; the folder is not Seawall's alone any more.
    await cp(join(backups, 'good', 'sessions'), join(to, 'sessions'), { recursive: true });
    await writeFile(join(to, 'thesis.txt'), 'mine');
    const kept = await restore(join(backups, 'good'), to);
    expect(kept.stderr).toMatch(/--data-dir .* is not empty \(thesis\.txt\)/);
    expect(kept.code).toBe(2);
    await rm(join(to, 'thesis.txt'));
    expect((await restore(join(backups, 'good'), to)).code).toBe(0);
    expect(await digestDatabase(join(to, 'series.duckdb'))).toEqual(await seriesOf(join(backups, 'good')));
  }, 120_000);
});
