import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Alert } from '@seawall/model';
import { gzipSync } from 'node:zlib';
import { EventStream } from '../support/event-stream.ts';
import { getJson, listAll, postJson, query } from '../support/http.ts';
import { connectMqtt, MqttRecorder } from '../support/mqtt-recorder.ts';
import { startHub, type RunningHub } from '../support/start-hub.ts';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const SMOG_RULE = `
id: smog
severity: major
summary: Smog at {device}
when: { domain: environment, metric: pm25, aggregate: mean, window: 1m, above: 150, clear: 115, for: 2m }
groupBy: [device]
annotations: { advice: Stay inside }
`;
const MINUTE = 60_000;

let hub: RunningHub;
let dataDir: string;

beforeAll(async () => {
  dataDir = await makeTempDir('end-to-end');
  hub = await startHub({ dataDir, rules: { 'smog.yaml': SMOG_RULE }, timeZone: 'Europe/Berlin' });
}, 60_000);

afterAll(async () => {
  if (hub?.isRunning()) await hub.stop();
  await removeTempDir(dataDir);
});

async function storedValues(device: string, metric: string, from: number, to: number): Promise<(number | null)[]> {
  const answer = await query(hub.http, { metrics: [metric], where: { device: [device] }, from, to });
  return [...(answer.series[0]?.values.value ?? [])];
}

const alertOf = (payload: string) => JSON.parse(payload) as Alert;

describe('a reading', () => {
  const time = 1_780_000_000_000;

  it.each(['tcp', 'ws'] as const)(
    'published at QoS 0, 1 and 2 over %s is acknowledged, forwarded and queried',
    async (transport) => {
      const listener = await MqttRecorder.start(hub.mqtt, ['city/environment/+/telemetry']);
      const device = `door-${transport}`;
      const client = await connectMqtt(transport === 'tcp' ? hub.mqtt : hub.mqttWs);
      for (const qos of [0, 1, 2] as const) {
        await client.publishAsync(
          `city/environment/${device}/telemetry`,
          JSON.stringify({ ts: time + qos, values: { pm25: qos } }),
          { qos },
        );
      }
      await waitUntil(
        'all three are stored',
        async () => (await storedValues(device, 'pm25', time, time + 9)).length === 3,
      );
      expect(await storedValues(device, 'pm25', time, time + 9)).toEqual([0, 1, 2]);
      expect(listener.on(`city/environment/${device}/telemetry`)).toHaveLength(3);
      await client.endAsync();
      await listener.stop();
    },
  );

  it('sent twice with its own time is stored once, and the last value wins', async () => {
    const client = await connectMqtt(hub.mqtt);
    for (const value of [1, 1, 2]) {
      await client.publishAsync('city/environment/twice/telemetry', JSON.stringify({ ts: time, pm25: value }), {
        qos: 1,
      });
    }
    await waitUntil(
      'the last one is stored',
      async () => (await storedValues('twice', 'pm25', time, time + 1))[0] === 2,
    );
    expect(await storedValues('twice', 'pm25', time, time + 1)).toEqual([2]);
    await client.endAsync();
  });

  it('comes by HTTP as well; the same Idempotency-Key stores it once, other content under it is refused', async () => {
    const post = (body: string) =>
      fetch(new URL('/api/v1/telemetry', hub.http), {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': 'k-1' },
        body,
      });
    const body = JSON.stringify([{ domain: 'environment', device: 'by-http', values: { pm25: 7 } }]);
    const first = await post(body);
    expect([first.status, await first.json()]).toEqual([200, { accepted: 1, rejected: 0, errors: [] }]);
    expect((await post(body)).status).toBe(200);
    const range = { metrics: ['pm25'], where: { device: ['by-http'] }, from: '-1h', to: Date.now() + MINUTE };
    await waitUntil('it is stored', async () => (await query(hub.http, range)).series.length === 1);
    expect((await post(body.replace('7', '8'))).status).toBeGreaterThanOrEqual(400);
    expect((await query(hub.http, range)).series[0]!.values.value).toEqual([7]);
  });

  it('is found by series, latest and devices, with its description', async () => {
    const client = await connectMqtt(hub.mqtt);
    const attributes = {
      name: 'The quay',
      type: 'air',
      district: 'harbour',
      location: { lat: 53.5, lon: 9.9 },
      metrics: { pm25: { unit: 'ug/m3' } },
    };
    await client.publishAsync('city/environment/quay/attributes', JSON.stringify(attributes), { qos: 1 });
    await client.publishAsync('city/environment/quay/telemetry', JSON.stringify({ ts: time, pm25: 3.5 }), { qos: 1 });
    await client.publishAsync('city/environment/quay/status', 'online', { qos: 1, retain: true });
    const device = await waitUntil('the device is described', async () => {
      const found = await getJson<{ status: string; description?: { name?: string } }>(
        hub.http,
        '/api/v1/devices/quay',
      );
      return found.status === 'online' && found;
    });
    expect(JSON.stringify(device)).toContain('The quay');
    const grouped = {
      metrics: ['pm25'],
      where: { district: ['harbour'] },
      from: time,
      to: time + 1,
      aggregate: ['mean'],
      groupBy: ['district'],
    };
    const answer = await waitUntil('it is queried by district', async () => {
      const found = await query(hub.http, grouped);
      return found.series.length === 1 && found;
    });
    expect(answer.series[0]).toMatchObject({
      domain: 'environment',
      metric: 'pm25',
      labels: { district: 'harbour' },
      values: { mean: [3.5] },
    });
    for (const path of ['/api/v1/series', '/api/v1/latest'])
      expect(JSON.stringify(await listAll(hub.http, path))).toContain('quay');
    await client.endAsync();
  });

  it('that is bad is answered on the errors topic with a problem document', async () => {
    const recorder = await MqttRecorder.start(hub.mqtt, ['city/environment/wrong/errors', 'city/clients/+/errors']);
    const client = await connectMqtt(hub.mqtt, { clientId: 'stray' });
    await client.publishAsync('city/environment/wrong/telemetry', '{"ts":1790000000,"values":{"pm25":1}}', { qos: 1 });
    const told = await recorder.waitFor('the device is told', ({ topic }) => topic === 'city/environment/wrong/errors');
    expect(JSON.parse(told.payload)).toMatchObject({
      reason: 'epoch-seconds',
      topic: 'city/environment/wrong/telemetry',
      count: 1,
    });
    expect(told.retained).toBe(false);
    await client.publishAsync('city/nowhere', '{}', { qos: 1 });
    const lost = await recorder.waitFor('the client is told', ({ topic }) => topic === 'city/clients/stray/errors');
    expect(JSON.parse(lost.payload)).toMatchObject({ reason: 'bad-topic', topic: 'city/nowhere' });
    await client.endAsync();
    await recorder.stop();
  });
});

describe('a query', () => {
  const from = Date.parse('2026-03-29T00:00:00Z');

  it('answers local days, CSV and NDJSON, and takes gzip', async () => {
    const body = JSON.stringify(
      Array.from({ length: 48 }, (_, hour) => ({
        domain: 'environment',
        device: 'formats',
        ts: from + hour * 3_600_000,
        values: { pm25: hour },
      })),
    );
    const posted = await fetch(new URL('/api/v1/telemetry', hub.http), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body: gzipSync(body),
    });
    expect([200, 415]).toContain(posted.status);
    if (posted.status === 415) await postJson(hub.http, '/api/v1/telemetry', JSON.parse(body));
    const document = {
      metrics: ['pm25'],
      where: { device: ['formats'] },
      from,
      to: from + 48 * 3_600_000,
      step: '1d',
      aggregate: ['count'],
      timeZone: 'Europe/Berlin',
    };
    const answer = await waitUntil('all are stored', async () => {
      const found = await query(hub.http, document);
      const count = found.series[0]?.values.count?.reduce<number>((sum, n) => sum + (n ?? 0), 0);
      return count === 48 && found;
    });
    // 29 March 2026 has 23 hours in Berlin; the range begins an hour into it.
    expect(answer.series[0]!.values.count).toEqual([22, 24, 2]);
    const as = async (accept: string) => {
      const init = {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept },
        body: JSON.stringify(document),
      };
      return (await fetch(new URL('/api/v1/query', hub.http), init)).text();
    };
    const lines = (await as('text/csv')).trim().split(/\r?\n/);
    expect(lines[0]).toMatch(/^time,domain,metric,.*count$/);
    expect(lines).toHaveLength(4);
    expect(
      (await as('application/x-ndjson'))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown).length,
    ).toBeGreaterThan(0);
  });
});

describe('an alert', () => {
  const start = Date.parse('2026-06-01T00:00:00Z');
  const device = 'aq-1';
  const topic = `city/alerts/major/environment/unknown/smog/${device}`;
  let recorder: MqttRecorder;
  let stream: EventStream;
  let clock = start;
  let fired: Alert;

  beforeAll(async () => {
    recorder = await MqttRecorder.start(hub.mqtt, ['city/alerts/#', 'city/hub/heartbeat']);
    stream = await EventStream.open(new URL('/api/v1/stream/alerts', hub.http));
  });
  afterAll(async () => {
    await recorder?.stop();
    await stream?.close();
  });

  /** Ten readings, half a minute apart: enough event time for every window and delay in between to pass. */
  async function publishFive(value: number): Promise<void> {
    const client = await connectMqtt(hub.mqtt);
    for (let i = 0; i < 10; i++, clock += MINUTE / 2) {
      await client.publishAsync(`city/environment/${device}/telemetry`, JSON.stringify({ ts: clock, pm25: value }), {
        qos: 1,
      });
    }
    await client.endAsync();
  }

  it('fires once the condition has held: retained on MQTT, on SSE and in the API', async () => {
    await publishFive(20);
    await publishFive(200);
    await publishFive(200);
    const message = await recorder.waitFor('the alert is heard', (one) => one.topic === topic);
    fired = alertOf(message.payload);
    expect(fired).toMatchObject({
      rule: 'smog',
      state: 'firing',
      severity: 'major',
      metric: 'pm25',
      value: 200,
      ack: null,
      endsAt: null,
      corrects: null,
    });
    expect(fired.labels).toMatchObject({ device });
    expect(fired.annotations).toEqual({ advice: 'Stay inside' });
    expect(fired.evidence).toMatchObject({ domain: 'environment', aggregate: 'mean' });
    expect(fired.startsAt).toMatch(/^2026-06-01T00:0[5-6]/);
    const late = await MqttRecorder.start(hub.mqtt, ['city/alerts/#']);
    expect(alertOf((await late.waitFor('the retained alert', (one) => one.topic === topic)).payload).id).toBe(fired.id);
    expect(late.on(topic)[0]!.retained).toBe(true);
    await late.stop();
    await waitUntil('it is on SSE', () => stream.events.some(({ data }) => data.includes(fired.id)));
    const listed = await waitUntil('it is in the API', async () => {
      const found = await listAll<Alert>(hub.http, '/api/v1/alerts?state=firing');
      return found.length > 0 && found;
    });
    expect(listed.map(({ id }) => id)).toEqual([fired.id]);
    expect(await getJson(hub.http, `/api/v1/alerts/${fired.id}`)).toBeDefined();
  });

  it('is acknowledged through the API: a new revision says by whom', async () => {
    await postJson(hub.http, `/api/v1/alerts/${fired.id}/ack`, { by: 'ada', comment: 'on it' });
    const message = await recorder.waitFor(
      'the acknowledgement',
      (one) => one.topic === topic && alertOf(one.payload).ack !== null,
    );
    expect(alertOf(message.payload)).toMatchObject({
      id: fired.id,
      revision: fired.revision + 1,
      state: 'firing',
      ack: { by: 'ada', comment: 'on it' },
    });
  });

  it('survives a restart: same id, still retained, still firing', async () => {
    await recorder.stop();
    await stream.close();
    const lastEvent = stream.events.at(-1)!.id;
    const { code, tookMs } = await hub.stop();
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(10_000);
    hub = await startHub({ dataDir, timeZone: 'Europe/Berlin' });
    recorder = await MqttRecorder.start(hub.mqtt, ['city/alerts/#', 'city/hub/heartbeat']);
    stream = await EventStream.open(new URL('/api/v1/stream/alerts', hub.http), lastEvent);
    const message = await recorder.waitFor('the retained alert', (one) => one.topic === topic);
    expect(alertOf(message.payload)).toMatchObject({ id: fired.id, revision: fired.revision + 1, state: 'firing' });
    expect(await storedValues('door-tcp', 'pm25', 1_780_000_000_000, 1_780_000_000_009)).toEqual([0, 1, 2]);
  }, 60_000);

  it('clears below the hysteresis only: told, then an empty retained message', async () => {
    await publishFive(130);
    await publishFive(100);
    const message = await recorder.waitFor(
      'it resolves',
      (one) => one.topic === topic && one.payload !== '' && alertOf(one.payload).state === 'resolved',
    );
    const resolved = alertOf(message.payload);
    expect(resolved).toMatchObject({ id: fired.id, key: fired.key, state: 'resolved', value: 100 });
    expect(Date.parse(resolved.endsAt!)).toBeGreaterThan(start + 20 * MINUTE - 1);
    expect(message.retained).toBe(false);
    await recorder.waitFor('the empty message', (one) => one.topic === topic && one.payload === '');
    const late = await MqttRecorder.start(hub.mqtt, ['city/alerts/#']);
    await late.client.publishAsync('echo', 'x', { qos: 1 });
    expect(late.on(topic)).toEqual([]);
    await late.stop();
    await waitUntil('SSE resumed and told it', () =>
      stream.events.some(({ data }) => data.includes(fired.id) && data.includes('resolved')),
    );
    const revisions = recorder
      .on(topic)
      .filter(({ payload }) => payload !== '')
      .map(({ payload }) => alertOf(payload).revision);
    expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
  });

  it('is counted in the retained heartbeat', async () => {
    const beat = await recorder.waitFor('a heartbeat', ({ topic: heard }) => heard === 'city/hub/heartbeat', 35_000);
    expect(JSON.parse(beat.payload)).toMatchObject({ active: expect.any(Object) });
    expect(Date.parse((JSON.parse(beat.payload) as { at: string }).at)).not.toBeNaN();
  }, 40_000);
});

describe('rules through the API', () => {
  const rule = {
    id: 'by-api',
    severity: 'info',
    when: { domain: 'environment', metric: 'noise', aggregate: 'max', window: '10s', above: 80 },
  };

  it('are made, listed, changed and deleted; an unknown field is refused by name', async () => {
    const send = (method: string, path: string, body?: unknown) =>
      fetch(new URL(path, hub.http), {
        method,
        headers: body === undefined ? {} : { 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    expect([200, 201]).toContain((await send('POST', '/api/v1/rules', rule)).status);
    await waitUntil('it is listed', async () =>
      JSON.stringify(await listAll(hub.http, '/api/v1/rules')).includes('by-api'),
    );
    const bad = await send('POST', '/api/v1/rules', { ...rule, id: 'bad', when: { ...rule.when, abvoe: 1 } });
    expect([400, 422]).toContain(bad.status);
    expect(await bad.text()).toContain('abvoe');
    expect((await send('PUT', '/api/v1/rules/by-api', { ...rule, severity: 'minor' })).ok).toBe(true);
    expect((await send('DELETE', '/api/v1/rules/by-api')).ok).toBe(true);
    await waitUntil(
      'it is gone',
      async () => !JSON.stringify(await listAll(hub.http, '/api/v1/rules')).includes('by-api'),
    );
  });
});
