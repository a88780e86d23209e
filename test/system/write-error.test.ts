import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildFailingDisk, type Failure } from '../support/failing-disk.ts';
import { LoadGenerator } from '../support/load-generator.ts';
import type { LoadPlan } from '../support/load-plan.ts';
import { skippedAloud } from '../support/skipped-aloud.ts';
import { startHub, type RunningHub } from '../support/start-hub.ts';
import { acknowledgedReadings, compareStored, countStored } from '../support/stored-readings.ts';
import { removeTempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const plan: LoadPlan = {
  run: 'failing',
  domain: 'utility',
  connections: 4,
  devicesPerConnection: 2,
  metrics: ['flow', 'level'],
  baseTime: Date.parse('2026-05-05T00:00:00Z'),
  stepMs: 10,
};

const folder = mkdtempSync(join(tmpdir(), 'seawall-write-error-'));
const dataDir = join(folder, 'data');
const disk = buildFailingDisk(folder, dataDir);
if (typeof disk === 'string') skippedAloud('injected write errors', disk);
const describeWithFailures = typeof disk === 'string' ? describe.skip : describe;

describeWithFailures('a journal whose writes fail', () => {
  let hub: RunningHub;
  let load: LoadGenerator;
  const { env, fail, mend } =
    typeof disk === 'string' ? { env: {}, fail: () => undefined, mend: () => undefined } : disk;

  beforeAll(async () => {
    hub = await startHub({ dataDir, env });
    load = new LoadGenerator();
    await load.prepare(plan, 20);
    await load.connect(hub.mqtt);
    await load.run(3_000);
  }, 60_000);

  afterAll(async () => {
    await load?.stop();
    if (hub?.isRunning()) await hub.kill9();
    await removeTempDir(folder);
  });

  const acknowledged = async () => (await load.counts()).acknowledgedCount;

  /** Until no acknowledgement has come for a while. */
  async function silence(): Promise<void> {
    let before = -1;
    const still = async () => before === (before = await acknowledged());
    await waitUntil('nothing is acknowledged any more', still, 20_000, 700);
  }

  /** A refused client is cut off; like any device it comes back. */
  async function goesOn(): Promise<void> {
    const before = await acknowledged();
    await waitUntil(
      'the load goes on',
      async () => {
        if ((await acknowledged()) > before + 1_000) return true;
        if ((await load.counts()).failures > 0) await load.connect(hub.mqtt);
        return false;
      },
      30_000,
      1_000,
    );
  }

  it.each<[Failure, 'EIO' | 'ENOSPC', string]>([
    ['write', 'EIO', 'every write'],
    ['write', 'ENOSPC', 'every write'],
    ['sync', 'EIO', 'the flush'],
    ['meta', 'EIO', 'the last step of a commit'],
    ['after', 'EIO', 'the last step of a commit, though it is done'],
  ])(
    '%s, %s (%s): acknowledges nothing, lives, says so, and goes on when it can',
    async (what, code) => {
      const before = await acknowledged();
      await waitUntil('the load runs', async () => (await acknowledged()) > before + 500);
      fail(what, code);
      await silence();
      hub.mustRun();
      expect((await fetch(new URL('/readyz', hub.http))).status).toBe(503);
      expect((await fetch(new URL('/healthz', hub.http))).status).toBe(200);
      mend();
      await goesOn();
      hub.mustRun();
    },
    60_000,
  );

  it('has stored all that it acknowledged, each reading once, also after a kill', async () => {
    await load.drain();
    const report = await load.report();
    const stored = async () => (await countStored(hub.http, plan)) >= acknowledgedReadings(plan, report);
    await waitUntil('the store has caught up', stored, 30_000, 200);
    expect(await compareStored(hub.http, plan, report)).toEqual([]);
    await hub.kill9();
    hub = await startHub({ dataDir });
    await waitUntil('the store has caught up', stored, 30_000, 200);
    expect(await compareStored(hub.http, plan, report)).toEqual([]);
  }, 90_000);
});
