import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { getJson, listAll } from '../support/http.ts';
import { connectMqtt, MqttRecorder } from '../support/mqtt-recorder.ts';
import { startHub, type RunningHub } from '../support/start-hub.ts';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';
import { preparedTelegrafLines, telegrafLines } from './telegraf-lines.ts';

interface Latest {
  readonly domain: string;
  readonly device: string;
  readonly metric: string;
  readonly time: number;
  readonly value: number;
}
interface Device {
  readonly id: string;
  readonly description: { readonly type?: string; readonly location?: object };
}
interface Answer {
  readonly reason: string;
  readonly detail: string;
  readonly topic: string;
  readonly pointer: string;
}

let dataDir: string;
const cleanups: (() => unknown)[] = [];

let running: { readonly hub: RunningHub; readonly asked: string } | undefined;

/** Goes on with the hub that the test before has left, if it was started alike. */
async function start(args: readonly string[] = [], token?: string): Promise<RunningHub> {
  const asked = JSON.stringify([args, token]);
  if (running?.asked !== asked || !running.hub.isRunning()) {
    await running?.hub.stop();
    running = { hub: await startHub({ dataDir, args, ...(token === undefined ? {} : { token }) }), asked };
  }
  return running.hub;
}

async function client(hub: RunningHub, username: string, password?: string) {
  const connected = await connectMqtt(hub.mqtt, { username, ...(password === undefined ? {} : { password }) });
  cleanups.push(() => connected.endAsync(true));
  return connected;
}

async function listen(hub: RunningHub, ...topics: string[]): Promise<MqttRecorder> {
  const recorder = await MqttRecorder.start(hub.mqtt, topics);
  cleanups.push(() => recorder.stop());
  return recorder;
}

function answers(recorder: MqttRecorder, topic: string): Answer[] {
  return recorder.on(topic).map(({ payload }) => JSON.parse(payload) as Answer);
}

/** By "domain/device/metric". */
async function latest(hub: RunningHub, device: string): Promise<Map<string, Latest>> {
  const items = await listAll<Latest>(hub.http, `/api/v1/latest?device=${encodeURIComponent(device)}`);
  return new Map(items.map((item) => [`${item.domain}/${item.device}/${item.metric}`, item]));
}

async function reading(hub: RunningHub, series: string): Promise<Latest> {
  const device = series.split('/')[1]!;
  return waitUntil(`${series} can be queried`, async () => (await latest(hub, device)).get(series));
}

beforeAll(async () => {
  dataDir = await makeTempDir('foreign-doors');
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}, 60_000);
afterAll(async () => {
  await running?.hub.stop();
  await removeTempDir(dataDir);
}, 60_000);

describe('a ThingsBoard device', () => {
  it('moves over by its address alone, and is told what it got wrong', async () => {
    const hub = await start();
    const errors = await listen(hub, 'city/unsorted/GAUGE_4_TOKEN/errors', 'city/clients/+/errors');
    const device = await client(hub, 'GAUGE_4_TOKEN');
    const time = Date.now() - 1000;
    await device.publishAsync(
      'v1/devices/me/attributes',
      '{"type":"gauge","firmwareVersion":"2.1.0","latitude":22.2,"longitude":113.5}',
      { qos: 1 },
    );
    await device.publishAsync(
      'v1/devices/me/telemetry',
      JSON.stringify([{ ts: time, values: { level: 2.5, mode: 'auto' } }]),
      { qos: 1 },
    );
    expect(await reading(hub, 'unsorted/GAUGE_4_TOKEN/level')).toMatchObject({ value: 2.5, time });
    const answer = await waitUntil('the answer comes', () => answers(errors, 'city/unsorted/GAUGE_4_TOKEN/errors')[0]);
    expect(answer).toMatchObject({
      reason: 'undeclared-text',
      topic: 'v1/devices/me/telemetry',
      pointer: '/0/values/mode',
    });
    const kept = await getJson<Device>(hub.http, '/api/v1/devices/GAUGE_4_TOKEN');
    expect(kept).toMatchObject({ description: { type: 'gauge', location: { lat: 22.2, lon: 113.5 } } });
    expect(JSON.stringify(kept)).toContain('"firmwareVersion":"2.1.0"');
  }, 60_000);

  it('keeps the domain that it was given over a restart, the first of several', async () => {
    const before = await start();
    const installer = await client(before, 'installer');
    for (const domain of ['water', 'climate', 'art'])
      await installer.publishAsync(`city/${domain}/GAUGE_6/attributes`, '{"name":"Gauge 6"}', { qos: 1 });
    await before.stop();
    const hub = await start();
    const device = await client(hub, 'GAUGE_6');
    await device.publishAsync('v1/devices/me/telemetry', '{"level":4}', { qos: 1 });
    expect(await reading(hub, 'water/GAUGE_6/level')).toMatchObject({ value: 4 });
  }, 60_000);
});

describe('line protocol on a device’s own topic', () => {
  it('is stored, forwarded, and answered where it names somebody else', async () => {
    const hub = await start();
    const topic = 'city/environment/lp-1/telemetry/lp';
    const heard = await listen(hub, topic, 'city/environment/lp-1/errors');
    const time = Date.now() - 1000;
    const text = `environment,site=roof pm25=12.5,no2=21i ${time}000000\nweather temperature=20`;
    const device = await client(hub, 'lp-1');
    await device.publishAsync(topic, text, { qos: 1 });
    expect(await reading(hub, 'environment/lp-1/no2')).toMatchObject({ value: 21, time });
    await heard.waitFor('the message', (message) => message.topic === topic && message.payload === text);
    const answer = await waitUntil('the answer comes', () => answers(heard, 'city/environment/lp-1/errors')[0]);
    expect(answer).toMatchObject({ reason: 'bad-name', topic });
    expect(answer.detail).toContain('measurement "weather"');
  }, 60_000);
});

describe('Telegraf', () => {
  it('passes like anybody’s messages unless its topic is switched on', async () => {
    const hub = await start();
    const heard = await listen(hub, 'telegraf/#');
    const telegraf = await client(hub, 'telegraf');
    await telegraf.publishAsync('telegraf/off01/system', telegrafLines('off01', Date.now())[4]!, { qos: 1 });
    await heard.waitFor('the message', ({ topic }) => topic === 'telegraf/off01/system');
    expect(await latest(hub, 'off01')).toEqual(new Map());
  }, 60_000);

  it('is stored with it, line by line at its default QoS 2, and told of its text', async () => {
    const hub = await start(['--telegraf-topic', 'telegraf']);
    const errors = await listen(hub, 'city/system/web01/errors');
    const telegraf = await client(hub, 'telegraf');
    const time = Math.floor(Date.now() / 10_000) * 10_000;
    for (const line of telegrafLines('web01', time)) {
      const plugin = line.split(',')[0]!;
      await telegraf.publishAsync(`telegraf/web01/${plugin}`, `${line}\n`, { qos: 2 });
    }
    expect(await reading(hub, 'cpu/web01/usage_idle')).toMatchObject({ value: 82.3834196941197, time });
    expect(await reading(hub, 'mem/web01/used_percent')).toMatchObject({ value: 15.95004011996231 });
    expect(await reading(hub, 'net/web01/bytes_recv')).toMatchObject({ value: 3284081640 });
    expect(await reading(hub, 'system/web01/uptime')).toMatchObject({ value: 1249632 });
    // Without a processor the disk's own tag "device" is the device: docs/telegraf.md tells how to avoid it.
    expect(await reading(hub, 'disk/sda1/free')).toMatchObject({ value: 398407520256 });
    const answer = await waitUntil('the answer comes', () => answers(errors, 'city/system/web01/errors')[0]);
    expect(answer).toMatchObject({ reason: 'undeclared-text', topic: 'telegraf/web01/system' });
    expect(answer.detail.length).toBeGreaterThan(10);
  }, 60_000);

  it('as docs/telegraf.md sets it up is stored whole, by MQTT in batches and by HTTP', async () => {
    const hub = await start(['--telegraf-topic', 'telegraf']);
    const telegraf = await client(hub, 'telegraf');
    const time = Math.floor(Date.now() / 10_000) * 10_000;
    const lines = preparedTelegrafLines('web02', time);
    for (const plugin of ['cpu', 'mem', 'disk', 'net', 'system']) {
      const batch = lines.filter((line) => line.startsWith(`${plugin},`));
      await telegraf.publishAsync(`telegraf/web02/${plugin}`, `${batch.join('\n')}\n`, { qos: 1 });
    }
    const url = new URL('/api/v2/write?org=city&bucket=telegraf', hub.http);
    const body = preparedTelegrafLines('web03', time).join('\n');
    expect((await fetch(url, { method: 'POST', body })).status).toBe(204);
    for (const host of ['web02', 'web03']) {
      expect(await reading(hub, `cpu/${host}:cpu-total/usage_idle`)).toMatchObject({ time });
      expect(await reading(hub, `disk/${host}:sda1/used_percent`)).toMatchObject({ time });
      expect(await reading(hub, `net/${host}:eth0/bytes_sent`)).toMatchObject({ time });
      expect(await reading(hub, `system/${host}/load1`)).toMatchObject({ value: 3.72 });
    }
    const rejected = await listAll<{ device?: string; topic: string }>(hub.http, '/api/v1/rejections');
    expect(rejected.filter(({ device }) => device?.startsWith('web02') || device?.startsWith('web03'))).toEqual([]);
  }, 60_000);
});

describe('a ThingsBoard device of a hub with a token', () => {
  it('is asked for it as its password', async () => {
    const hub = await start([], 'sesame-sesame-sesame');
    await expect(client(hub, 'GAUGE_5')).rejects.toThrow(/Not authorized/i);
    const device = await client(hub, 'GAUGE_5', 'sesame-sesame-sesame');
    await device.publishAsync('v1/devices/me/telemetry', '{"level":3}', { qos: 1 });
    const found = await waitUntil('the reading can be queried', async () => {
      const page = await getJson<{ items: Latest[] }>(
        hub.http,
        '/api/v1/latest?device=GAUGE_5',
        'sesame-sesame-sesame',
      );
      return page.items[0];
    });
    expect(found).toMatchObject({ domain: 'unsorted', metric: 'level', value: 3 });
  }, 60_000);
});
