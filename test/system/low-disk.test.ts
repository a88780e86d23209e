import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connectAsync } from 'mqtt';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { getJson } from '../support/http.ts';
import { hubMetrics, metric } from '../support/hub-metrics.ts';
import { HubUnderLoad } from '../support/hub-under-load.ts';
import type { LoadPlan } from '../support/load-plan.ts';
import { skippedAloud } from '../support/skipped-aloud.ts';
import { mountSmallDisk, noSmallDiskBecause, type SmallDisk } from '../support/small-disk.ts';
import { runSeawall } from '../support/start-hub.ts';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const DISK_MB = 512;
const MB = 1e6;
const RATE = process.env.SEAWALL_LONG === '1' ? 2_000 : 500;
const LEVELS = ['--disk-low', '200MB', '--disk-reserve', '100MB'];

const plan: LoadPlan = {
  run: 'low',
  domain: 'utility',
  connections: 4,
  devicesPerConnection: 2,
  metrics: ['flow', 'level'],
  baseTime: Date.parse('2026-05-05T00:00:00Z'),
  stepMs: 10,
};

interface Ready {
  readonly ready: boolean;
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[];
}

const impossible = noSmallDiskBecause();
if (impossible !== undefined) skippedAloud('the disk with little room', impossible);
const describeOnSmallDisk = impossible === undefined ? describe : describe.skip;

describeOnSmallDisk('a disk on which room runs out', () => {
  let mountPoint: string;
  let disk: SmallDisk;
  let run: HubUnderLoad;

  beforeAll(async () => {
    mountPoint = await makeTempDir('low-disk');
    disk = mountSmallDisk(mountPoint, DISK_MB);
    const dataDir = join(mountPoint, 'data');
    await mkdir(dataDir, { mode: 0o700 });
    run = new HubUnderLoad(plan, { dataDir, args: LEVELS }, 20);
    await run.begin(RATE);
  }, 60_000);

  afterAll(async () => {
    await run?.stop();
    disk?.unmount();
    await removeTempDir(mountPoint);
  });

  const readiness = async () => (await (await fetch(new URL('/readyz', run.hub.http))).json()) as Ready;
  const diskCheck = async () => (await readiness()).checks.find(({ name }) => name === 'disk')!;
  const said = (sentence: string) => run.hub.stderr().split(sentence).length - 1;

  async function doctor() {
    const { code, stdout } = await runSeawall([
      ...['doctor', '--json', '--data-dir', run.hub.dataDir, '--url', run.hub.http, ...LEVELS],
      ...['--mqtt-port', '0', '--mqtt-ws-port', '0'],
    ]);
    const { findings } = JSON.parse(stdout) as { findings: { check: string; says: string; todo?: string }[] };
    return { code, disk: findings.find(({ check, says }) => check === 'disk' && says.includes('are free where'))! };
  }

  it('is told early, while all is still acknowledged', async () => {
    await run.goesOn(1_000);
    expect((await diskCheck()).detail).not.toContain('make room');
    await disk.fill(150 * MB);
    await waitUntil('it says so', async () => (await diskCheck()).detail.includes('make room'), 20_000, 200);
    expect((await readiness()).ready).toBe(true);
    await run.goesOn(500);
    const metrics = await hubMetrics(run.hub.http);
    expect(metric(metrics, 'seawall_disk_free_bytes')).toBeLessThan(metric(metrics, 'seawall_disk_low_bytes'));
    expect(metric(metrics, 'seawall_acknowledging_suspended{reason="disk"}')).toBe(0);
    expect(said('the disk has little room')).toBe(1);
    const found = await doctor();
    expect(found.code).toBe(1);
    expect(found.disk.todo).toContain('Make room before it is less than 100 MB');
  }, 60_000);

  it('stops acknowledgements at the reserve, and leaves that to those who still have to read', async () => {
    await disk.fill(80 * MB);
    await waitUntil(
      'the journal takes nothing',
      async () => metric(await hubMetrics(run.hub.http), 'seawall_acknowledging_suspended{reason="disk"}') === 1,
      30_000,
      200,
    );
    const before = await run.acknowledged();
    await sleep(2_000); // Time in which much would have been acknowledged.
    expect((await run.acknowledged()) - before).toBeLessThanOrEqual(10);
    const answer = await fetch(new URL('/api/v1/telemetry', run.hub.http), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ domain: 'utility', device: 'by-http', ts: plan.baseTime, values: { flow: 1 } }),
    });
    expect([answer.status, Number(answer.headers.get('retry-after')) > 0]).toEqual([503, true]);
    expect(await answer.json()).toMatchObject({ detail: expect.stringContaining('nothing more is taken until there') });
    await waitUntil('it is not ready', async () => !(await diskCheck()).ok, 10_000, 200);
    expect(disk.freeBytes()).toBeGreaterThan(60 * MB);
    expect(said('the disk has little room')).toBe(2);
    expect(said('role failed')).toBe(0);
  }, 60_000);

  it('still shows what was acknowledged, and starts again below its reserve', async () => {
    await run.hub.stop();
    expect((await doctor()).disk).toMatchObject({
      says: expect.stringContaining('less than the reserve of 100 MB'),
      todo: expect.stringContaining('until 100 MB are free again'),
    });
    await run.start();
    expect(said('the disk has little room')).toBe(1);
    expect(await run.differences()).toEqual([]);
  }, 90_000);

  it('lives when others leave no byte of it', async () => {
    await disk.fill(0);
    await run.load.connect(run.hub.mqtt);
    const client = await connectAsync(run.hub.mqtt, { clean: false, clientId: 'keeper', reconnectPeriod: 50 });
    client.on('error', () => undefined); // Its packets may be refused, and it cut off for that.
    for (let i = 0; i < 100; i++) {
      client.publish(`home/lamp/${i}`, 'x'.repeat(3_000), { retain: true });
      client.subscribe(`home/+/${i}`, { qos: 1 });
      await sleep(20); // Ticks and heartbeats meanwhile, and a commit for each of these.
    }
    await client.endAsync(true);
    run.hub.mustRun();
    expect((await fetch(new URL('/healthz', run.hub.http))).status).toBe(200);
    await getJson(run.hub.http, '/api/v1/series?limit=1');
  }, 60_000);

  it('goes on by itself when there is room, and has all that it acknowledged, also after a kill', async () => {
    await disk.makeRoom();
    await run.goesOn(500);
    await waitUntil('it is ready', async () => (await readiness()).ready, 30_000, 200);
    expect(said('the disk has room again')).toBe(1);
    await run.drained();
    expect(await run.differences()).toEqual([]);
    await run.hub.kill9();
    await run.start();
    expect(await run.differences()).toEqual([]);
  }, 120_000);
});
