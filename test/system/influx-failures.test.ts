import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  answers,
  freePort,
  lost,
  noInfluxBecause,
  ofWrites,
  startFaultyProxy,
  startInflux,
  type Fault,
  type FaultyProxy,
  type InfluxServer,
} from '@seawall/store-influx/testing';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventStream } from '../support/event-stream.ts';
import { getJson, query } from '../support/http.ts';
import { hubMetrics, metric, pastTheLog } from '../support/hub-metrics.ts';
import { HubUnderLoad } from '../support/hub-under-load.ts';
import type { LoadPlan } from '../support/load-plan.ts';
import { MqttRecorder } from '../support/mqtt-recorder.ts';
import { mebibytes } from '../support/process-memory.ts';
import { skippedAloud } from '../support/skipped-aloud.ts';
import { acknowledgedReadings, countStored } from '../support/stored-readings.ts';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

/** Messages a second. */
const RATE = process.env.SEAWALL_LONG === '1' ? 2_000 : 500;
const BASE = Date.parse('2026-05-05T00:00:00Z');
/** What it takes with everything well is a third of it. */
const MEMORY_MIB = 700;

const RULES = `
- id: level-high
  severity: major
  when: { domain: tide, metric: level, aggregate: max, window: 10s, above: 800, early: true }
  groupBy: [device]
`;

const plan: LoadPlan = {
  run: 'influx',
  domain: 'utility',
  connections: 4,
  devicesPerConnection: 3,
  metrics: ['flow', 'level'],
  baseTime: BASE,
  stepMs: 50,
};

interface Overview {
  readonly complete: boolean;
  readonly domains: readonly { readonly domain: string; readonly devices: number }[];
  readonly alerts: { readonly changed: readonly { readonly rule: string }[] };
}

const absent = noInfluxBecause();
if (absent !== undefined) skippedAloud('failures of a real InfluxDB', absent);

(absent === undefined ? describe : describe.skip)('a hub whose InfluxDB fails, under load', () => {
  let folder: string;
  let port: number;
  let influx: InfluxServer | undefined;
  let proxy: FaultyProxy;
  let city: HubUnderLoad;
  let listener: MqttRecorder;
  let alarms = 0;
  let mostMib = 0;
  let watch: NodeJS.Timeout;

  beforeAll(async () => {
    folder = await makeTempDir('influx-failures');
    port = await freePort();
    proxy = await startFaultyProxy(`http://127.0.0.1:${port}`);
    const store = ['--store', 'influx', '--influx-url', proxy.url, '--query-timeout', '2s'];
    city = new HubUnderLoad(plan, { dataDir: join(folder, 'hub'), rules: { 'tide.yaml': RULES }, args: store }, 64);
    await beginHub();
    watch = setInterval(lookAtMemory, 200);
  }, 60_000);

  afterAll(async () => {
    clearInterval(watch);
    await listener?.stop();
    await city?.stop();
    await influx?.kill();
    await proxy?.close();
    await removeTempDir(folder);
  }, 60_000);

  function lookAtMemory(): void {
    if (city.hub.isRunning()) mostMib = Math.max(mostMib, mebibytes(city.hub.residentBytes()));
  }

  async function beginInflux(): Promise<void> {
    influx = await startInflux(join(folder, 'influx'), { port });
  }

  async function beginHub(): Promise<void> {
    await city.begin(RATE);
    listener = await MqttRecorder.start(city.hub.mqtt, ['city/alerts/#', 'city/+/+/errors']);
  }

  async function killHub(): Promise<void> {
    await city.kill();
    await listener.stop();
  }

  /** PUBACKs go on, an alert is raised and heard. */
  async function livesOn(): Promise<void> {
    const device = `gauge-${++alarms}`;
    const reading = JSON.stringify({ ts: BASE + alarms * 1000, values: { level: 900 } });
    await listener.client.publishAsync(`city/tide/${device}/telemetry`, reading, { qos: 1 });
    await listener.waitFor(`the alert of ${device}`, ({ topic }) => topic.endsWith(`/level-high/${device}`), 20_000);
    await city.goesOn(RATE);
    city.hub.mustRun();
  }

  async function readiness(): Promise<{ ready: boolean; writer: string }> {
    const response = await fetch(new URL('/readyz', city.hub.http));
    const { ready, checks } = (await response.json()) as { ready: boolean; checks: { name: string; detail: string }[] };
    expect(response.status).toBe(ready ? 200 : 503);
    return { ready, writer: checks.find(({ name }) => name === 'writer')!.detail };
  }

  async function saysThatItIsDown(reason: RegExp): Promise<void> {
    const told = async () => {
      const { ready, writer } = await readiness();
      return !ready && reason.test(writer);
    };
    await waitUntil(`/readyz says ${String(reason)}`, told, 30_000, 100);
  }

  async function refusesQueries(): Promise<void> {
    const document = { metrics: ['flow'], from: BASE, to: BASE + 1000 };
    const headers = { 'content-type': 'application/json' };
    const url = new URL('/api/v1/query', city.hub.http);
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(document) });
    const { detail } = (await response.json()) as { detail: string };
    expect([response.status, detail]).toEqual([503, expect.stringMatching(/^InfluxDB at http:\/\/127\.0\.0\.1:\d+ /)]);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  }

  /** What operators see: the first overview that satisfies. */
  function seen(stream: EventStream, what: string, satisfies: (overview: Overview) => boolean): Promise<Overview> {
    const overviews = () =>
      stream.events.filter(({ event }) => event === 'overview').map(({ data }) => JSON.parse(data) as Overview);
    return waitUntil(`the overview ${what}`, () => overviews().find(satisfies), 30_000, 100);
  }

  async function caughtUp(): Promise<void> {
    const report = await city.drained();
    await pastTheLog(city.hub.http, ['writer'], 60_000);
    const { ready, writer } = await readiness();
    expect([ready, writer]).toEqual([true, expect.stringMatching(/^\d+ entries behind/)]);
    expect(await countStored(city.hub.http, plan)).toBe(acknowledgedReadings(plan, report));
    await city.load.run(RATE);
  }

  it('starts, acknowledges and alerts before it was ever there, and brings it all when it comes', async () => {
    await livesOn();
    const wall = await EventStream.open(new URL('/api/v1/stream/overview', city.hub.http));
    const live = ({ domains, complete }: Overview) =>
      !complete && domains.some(({ domain, devices }) => domain === plan.domain && devices === 12);
    await seen(wall, 'shows live readings, and that it lacks others', live);
    await seen(wall, 'shows the alert', ({ alerts }) => alerts.changed.some(({ rule }) => rule === 'level-high'));
    await saysThatItIsDown(/InfluxDB at http:\/\/127\.0\.0\.1:\d+ /);
    await refusesQueries();
    expect(metric(await hubMetrics(city.hub.http), 'seawall_part_answers{part="store"}')).toBe(0);
    await beginInflux();
    await caughtUp();
    await seen(wall, 'is complete', ({ complete }) => complete);
    await wall.close();
  }, 120_000);

  it('goes on while it hangs, and says so', async () => {
    influx!.pause();
    await livesOn();
    await refusesQueries();
    await saysThatItIsDown(/does not answer in time/);
    await livesOn();
    influx!.resume();
    await caughtUp();
  }, 120_000);

  it('goes on while it was killed, also after it was killed itself', async () => {
    await influx!.kill();
    await livesOn();
    await killHub();
    await beginHub();
    await livesOn();
    await saysThatItIsDown(/InfluxDB at /);
    await refusesQueries();
    await beginInflux();
    await caughtUp();
  }, 120_000);

  it('stores once what is killed in the midst of writing, on either side', async () => {
    await sleep(500);
    await influx!.kill();
    await beginInflux();
    await sleep(500);
    await killHub();
    await beginHub();
    await caughtUp();
  }, 120_000);

  it.each<[string, Fault, RegExp]>([
    [
      'has too many writes',
      answers(429, { error: 'too many writes' }, { 'retry-after': '1' }),
      /answers 429: too many writes/,
    ],
    ['can not serve them', answers(503, { error: 'hinted handoff queue not empty' }), /answers 503: hinted handoff/],
    [
      'has no disk left for them',
      answers(500, { error: 'write /data/_00001.wal: no space left on device' }),
      /answers 500: .*no space left on device/,
    ],
    ['takes them and never says so', lost, /broke off/],
  ])(
    'goes on while it %s',
    async (_, fault, reason) => {
      let struck = 0;
      proxy.setFault(
        ofWrites((passing) => {
          struck++;
          return fault(passing);
        }),
      );
      await livesOn();
      await saysThatItIsDown(reason);
      // It is left alone for longer and longer, and at once for as long as it asks.
      expect(struck).toBeLessThan(60);
      proxy.setFault(undefined);
      await caughtUp();
    },
    60_000,
  );

  it('rejects the one reading that it does not take, keeps its neighbours, and tells the sender', async () => {
    const integer = `air,device=other pm25=1i ${BASE * 1_000}`;
    const written = await fetch(`${influx!.url}/write?db=seawall&rp=raw&precision=u`, {
      method: 'POST',
      body: integer,
    });
    expect(written.status).toBe(204);
    const values = { pm25: 12.5, no2: 3 };
    const payload = JSON.stringify(
      [0, 1, 2].map((i) => ({ ts: BASE + i * 1000, values: i === 1 ? values : { no2: i } })),
    );
    await listener.client.publishAsync('city/air/aq-1/telemetry', payload, { qos: 1 });
    const { payload: told } = await listener.waitFor(
      'the answer',
      ({ topic }) => topic === 'city/air/aq-1/errors',
      20_000,
    );
    expect(JSON.parse(told)).toMatchObject({ reason: 'refused-by-store', pointer: '/values/pm25', count: 1 });
    await pastTheLog(city.hub.http, ['writer', 'registrar']);
    const { items } = await getJson<{ items: unknown[] }>(city.hub.http, '/api/v1/rejections?reason=refused-by-store');
    expect(items).toMatchObject([
      { domain: 'air', device: 'aq-1', sample: `{"ts":${BASE + 1000},"values":{"pm25":12.5}}` },
    ]);
    expect(metric(await hubMetrics(city.hub.http), 'seawall_rejections_total{reason="refused-by-store"}')).toBe(1);
    const { series } = await query(city.hub.http, { metrics: ['no2'], from: BASE, to: BASE + 10_000 });
    expect(series).toMatchObject([{ time: [BASE, BASE + 1000, BASE + 2000], values: { value: [0, 3, 2] } }]);
  }, 60_000);

  it('has every acknowledged reading once in the end, with its value, and never took much memory', async () => {
    await caughtUp();
    const report = await city.drained();
    expect(await city.differences()).toEqual([]);
    expect(mostMib).toBeLessThan(MEMORY_MIB);
    console.log(`${report.acknowledgedCount} messages acknowledged; the hub took ${mostMib} MiB at most.`);
  }, 60_000);

  it('stops in time while InfluxDB hangs', async () => {
    influx!.pause();
    await listener.client.publishAsync('city/tide/last/telemetry', '{"level":1}', { qos: 1 });
    await listener.stop();
    const { code, tookMs } = await city.hub.stop();
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(10_000);
  }, 30_000);
});
