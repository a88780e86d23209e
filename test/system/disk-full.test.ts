import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { query } from '../support/http.ts';
import { HubUnderLoad } from '../support/hub-under-load.ts';
import type { LoadPlan } from '../support/load-plan.ts';
import { skippedAloud } from '../support/skipped-aloud.ts';
import { mountSmallDisk, noSmallDiskBecause, type SmallDisk } from '../support/small-disk.ts';
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
  let run: HubUnderLoad;
  const httpAccepted: number[] = [];

  beforeAll(async () => {
    mountPoint = await makeTempDir('disk-full');
    disk = mountSmallDisk(mountPoint, DISK_MB);
    const dataDir = join(mountPoint, 'data');
    await mkdir(dataDir);
    run = new HubUnderLoad(plan, { dataDir, args: NO_RESERVE }, 20);
    await run.begin(10_000);
  }, 60_000);

  afterAll(async () => {
    await run?.stop();
    disk?.unmount();
    await removeTempDir(mountPoint);
  });

  async function postReading(ts: number): Promise<number> {
    const body = JSON.stringify({ domain: 'utility', device: 'full-by-http', ts, values: { flow: 1 } });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(new URL('/api/v1/telemetry', run.hub.http), {
      method: 'POST',
      headers,
      body,
      signal: AbortSignal.timeout(15_000),
    });
    if (response.status === 200) httpAccepted.push(ts);
    return response.status;
  }

  it('stops the acknowledgements, and the process lives and says why', async () => {
    await run.goesOn(1_000);
    await disk.fill(LEFT_BYTES);
    await run.fallsSilent(1_500, 90_000);
    run.hub.mustRun();
    const base = plan.baseTime;
    const statuses = await Promise.all([0, 1, 2].map((i) => postReading(base + i)));
    expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
    expect(statuses).toContain(503);
    const ready = await fetch(new URL('/readyz', run.hub.http));
    expect(ready.status).toBe(503);
    expect(await ready.text()).toMatch(/space|full|journal/i);
    expect((await fetch(new URL('/healthz', run.hub.http))).status).toBe(200);
    run.hub.mustRun();
  }, 120_000);

  it('recovers by itself when there is room again', async () => {
    await disk.makeRoom();
    await run.goesOn(100);
    await waitUntil(
      'it says that it is ready',
      async () => (await fetch(new URL('/readyz', run.hub.http))).status === 200,
      30_000,
      200,
    );
    expect(await postReading(plan.baseTime + 10)).toBe(200);
  }, 60_000);

  it('acknowledged nothing that is not stored', async () => {
    await run.drained();
    expect(await run.differences()).toEqual([]);
    const range = { from: plan.baseTime, to: plan.baseTime + 100 };
    const answer = await query(run.hub.http, { metrics: ['flow'], where: { device: ['full-by-http'] }, ...range });
    expect(answer.series[0]?.time).toEqual(expect.arrayContaining(httpAccepted));
  }, 90_000);

  it('has all of it after a kill and a restart', async () => {
    await run.hub.kill9();
    await run.start({ args: [] });
    expect(await run.differences()).toEqual([]);
  }, 90_000);
});
