import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { query } from '../support/http.ts';
import { LoadGenerator } from '../support/load-generator.ts';
import type { LoadPlan } from '../support/load-plan.ts';
import { skippedAloud } from '../support/skipped-aloud.ts';
import { mountSmallDisk, noSmallDiskBecause, type SmallDisk } from '../support/small-disk.ts';
import { startHub, type RunningHub } from '../support/start-hub.ts';
import { acknowledgedReadings, compareStored, countStored } from '../support/stored-readings.ts';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const DISK_MB = 256;
const LEFT_BYTES = 4 << 20;

/** As good as none: this is about a disk that is really full, which others may make so at any time. */
const NO_RESERVE = ['--disk-low', '0.002MB', '--disk-reserve', '0.001MB'];

const plan: LoadPlan = {
  run: 'full',
  domain: 'utility',
  connections: 4,
  devicesPerConnection: 2,
  metrics: ['flow', 'level', 'pressure', 'power'],
  baseTime: Date.parse('2026-05-05T00:00:00Z'),
  stepMs: 10,
};

const impossible = noSmallDiskBecause();
if (impossible !== undefined) skippedAloud('the full disk', impossible);
const describeOnSmallDisk = impossible === undefined ? describe : describe.skip;

describeOnSmallDisk('a full disk', () => {
  let mountPoint: string;
  let disk: SmallDisk;
  let hub: RunningHub;
  let load: LoadGenerator;
  const httpAccepted: number[] = [];

  beforeAll(async () => {
    mountPoint = await makeTempDir('disk-full');
    disk = mountSmallDisk(mountPoint, DISK_MB);
    const dataDir = join(mountPoint, 'data');
    await mkdir(dataDir);
    hub = await startHub({ dataDir, args: NO_RESERVE });
    load = new LoadGenerator();
    await load.prepare(plan, 20);
    await load.connect(hub.mqtt);
    await load.run(10_000);
  }, 60_000);

  afterAll(async () => {
    await load?.stop();
    if (hub?.isRunning()) await hub.kill9();
    disk?.unmount();
    await removeTempDir(mountPoint);
  });

  const acknowledged = async () => (await load.counts()).acknowledgedCount;

  async function postReading(ts: number): Promise<number> {
    const body = JSON.stringify({ domain: 'utility', device: 'full-by-http', ts, values: { flow: 1 } });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(new URL('/api/v1/telemetry', hub.http), {
      method: 'POST',
      headers,
      body,
      signal: AbortSignal.timeout(15_000),
    });
    if (response.status === 200) httpAccepted.push(ts);
    return response.status;
  }

  it('stops the acknowledgements, and the process lives and says why', async () => {
    await waitUntil('the load runs', async () => (await acknowledged()) > 1_000);
    await disk.fill(LEFT_BYTES);
    let before = -1;
    await waitUntil(
      'nothing is acknowledged any more',
      async () => {
        const now = await acknowledged();
        const still = now === before;
        before = now;
        return still;
      },
      90_000,
      1_500,
    );
    hub.mustRun();
    const base = plan.baseTime;
    const statuses = await Promise.all([0, 1, 2].map((i) => postReading(base + i)));
    expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
    expect(statuses).toContain(503);
    const ready = await fetch(new URL('/readyz', hub.http));
    expect(ready.status).toBe(503);
    expect(await ready.text()).toMatch(/space|full|journal/i);
    expect((await fetch(new URL('/healthz', hub.http))).status).toBe(200);
    hub.mustRun();
  }, 120_000);

  it('recovers by itself when there is room again', async () => {
    const before = await acknowledged();
    await disk.makeRoom();
    // A refused client is cut off; like any device it comes back.
    for (let attempt = 0; attempt < 10 && (await acknowledged()) <= before + 100; attempt++) {
      await sleep(1_000);
      if ((await acknowledged()) <= before + 100) await load.connect(hub.mqtt).catch(() => undefined);
    }
    expect(await acknowledged()).toBeGreaterThan(before + 100);
    await waitUntil(
      'it says that it is ready',
      async () => (await fetch(new URL('/readyz', hub.http))).status === 200,
      30_000,
      200,
    );
    expect(await postReading(plan.baseTime + 10)).toBe(200);
  }, 60_000);

  it('acknowledged nothing that is not stored', async () => {
    await load.drain();
    const report = await load.report();
    await waitUntil(
      'the store has caught up',
      async () => (await countStored(hub.http, plan)) >= acknowledgedReadings(plan, report),
      30_000,
      200,
    );
    expect(await compareStored(hub.http, plan, report)).toEqual([]);
    const range = { from: plan.baseTime, to: plan.baseTime + 100 };
    const answer = await query(hub.http, { metrics: ['flow'], where: { device: ['full-by-http'] }, ...range });
    expect(answer.series[0]?.time).toEqual(expect.arrayContaining(httpAccepted));
  }, 90_000);

  it('has all of it after a kill and a restart', async () => {
    const report = await load.report();
    await hub.kill9();
    hub = await startHub({ dataDir: hub.dataDir });
    await waitUntil(
      'the store has caught up',
      async () => (await countStored(hub.http, plan)) >= acknowledgedReadings(plan, report),
      30_000,
      200,
    );
    expect(await compareStored(hub.http, plan, report)).toEqual([]);
  }, 90_000);
});
