import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { connectAsync, type IClientOptions } from 'mqtt';
import { acceptanceFixture } from './acceptance-fixture.ts';
import {
  ARRIVAL,
  controlledJournal,
  openGateway,
  PacketClient,
  payloadsOf,
  readingsOf,
  until,
} from './gateway-fixture.ts';
import { decodeThingsBoardAttributes } from './thingsboard-attributes.ts';

const TELEMETRY = 'v1/devices/me/telemetry';
const ATTRIBUTES = 'v1/devices/me/attributes';
const ME = { userName: 'A1_TEST_TOKEN' };

describe('a ThingsBoard device’s telemetry', () => {
  it.each([
    ['{"temperature":42.2,"on":true}', [`temperature@${ARRIVAL}=42.2`, `on@${ARRIVAL}=1`]],
    ['[{"a":1},{"b":2}]', [`a@${ARRIVAL}=1`, `b@${ARRIVAL}=2`]],
    ['{"ts":1451649600512,"values":{"a":1}}', ['a@1451649600512=1']],
    [
      '[{"ts":1451649600000,"values":{"a":1}},{"ts":1451649601000,"values":{"a":2}}]',
      ['a@1451649600000=1', 'a@1451649601000=2'],
    ],
  ])('%s is stored under its user name, for nobody else to hear', async (payload, readings) => {
    const { say, journal } = await acceptanceFixture();
    expect(await say(TELEMETRY, payload, ME)).toBe('drop');
    expect(await readingsOf(journal)).toEqual(readings.map((reading) => `unsorted/A1_TEST_TOKEN/${reading}`));
  });

  it('comes under the first domain that the device was known by', async () => {
    const { say, journal } = await acceptanceFixture();
    await say(TELEMETRY, { t: 1 }, ME);
    await say('city/environment/A1_TEST_TOKEN/status', 'online');
    await say('city/traffic/A1_TEST_TOKEN/status', 'online');
    await say(TELEMETRY, { t: 2 }, ME);
    expect(await readingsOf(journal)).toEqual([
      `unsorted/A1_TEST_TOKEN/t@${ARRIVAL}=1`,
      `environment/A1_TEST_TOKEN/t@${ARRIVAL}=2`,
    ]);
  });

  it.each([
    ['a/b', 'a%2Fb'],
    ['$tok#en', '%24tok%23en'],
  ])('of the user name %j is the device’s %s', async (userName, device) => {
    const { say, journal } = await acceptanceFixture();
    await say(TELEMETRY, { t: 1 }, { userName });
    expect(await readingsOf(journal)).toEqual([`unsorted/${device}/t@${ARRIVAL}=1`]);
  });

  it.each([
    [undefined, 'this one gave none'],
    ['', 'this one gave none'],
    ['x'.repeat(129), 'longer than 128'],
  ])('of the user name %j is nobody’s, and the client is told', async (userName, words) => {
    const { say, journal } = await acceptanceFixture();
    expect(await say(TELEMETRY, { t: 1 }, userName === undefined ? {} : { userName })).toBe('drop');
    const [rejection] = (await payloadsOf(journal, 'rejections')).flat();
    expect(rejection).toMatchObject({ reason: 'bad-topic', detail: expect.stringContaining(words), topic: TELEMETRY });
    expect(rejection).not.toHaveProperty('device');
    expect(await readingsOf(journal)).toEqual([]);
  });

  it('that is empty is a mistake even when it is retained, since nothing of it is', async () => {
    const { say, reasons } = await acceptanceFixture();
    expect(await say(TELEMETRY, '', { ...ME, retain: true })).toBe('drop');
    expect(await reasons()).toEqual([['malformed-json', '']]);
  });

  it('is stored once over QoS 2, though it comes again', async () => {
    const { say, journal } = await acceptanceFixture();
    await say(TELEMETRY, { t: 1 }, { ...ME, exactlyOnce: { packetId: 7, dup: false } });
    await say(TELEMETRY, { t: 1 }, { ...ME, exactlyOnce: { packetId: 7, dup: true } });
    expect(await readingsOf(journal)).toHaveLength(1);
  });
});

describe('a ThingsBoard device’s attributes', () => {
  it('are its description where they are known, and labels otherwise', async () => {
    const { say, deviceOf } = await acceptanceFixture();
    const attributes = {
      name: 'Gauge 4',
      type: 'river-level',
      latitude: 22.2,
      longitude: '113.5',
      firmwareVersion: '2.1.0',
      serial: 73,
      active: true,
      interval: 60,
      metrics: { level: { unit: 'm' } },
    };
    expect(await say(ATTRIBUTES, attributes, ME)).toBe('drop');
    const device = await deviceOf('A1_TEST_TOKEN');
    expect(device).toMatchObject({ domains: ['unsorted'] });
    expect(device?.description).toEqual({
      name: 'Gauge 4',
      type: 'river-level',
      location: { lat: 22.2, lon: 113.5 },
      metrics: { level: { unit: 'm' } },
      labels: { firmwareVersion: '2.1.0', serial: '73', active: 'true', interval: '60' },
    });
    await say(ATTRIBUTES, { serial: null, latitude: null, longitude: null, name: null }, ME);
    expect(await deviceOf('A1_TEST_TOKEN')).toMatchObject({
      description: { type: 'river-level', labels: { active: 'true' } },
    });
    expect((await deviceOf('A1_TEST_TOKEN'))?.description).not.toHaveProperty('location');
  });

  it.each([
    [{ nested: { a: [1] } }, '/nested'],
    [{ list: [1, 2] }, '/list'],
    [{ location: 'roof' }, '/location'],
    [{ device: 'x' }, '/device'],
    [{ note: 'x'.repeat(129) }, '/note'],
    [{ empty: '' }, '/empty'],
    [{ 'a/b~c': [1] }, '/a~1b~0c'],
    [{ latitude: 22 }, '/location'],
    [{ latitude: 'north', longitude: 1 }, '/location'],
    [{ type: 5 }, '/type'],
    [{ labels: { own: 5 } }, '/labels/own'],
  ])('that can’t be kept (%j) are rejected by name, the others kept', async (bad, pointer) => {
    const { say, reasons, deviceOf } = await acceptanceFixture();
    await say(ATTRIBUTES, { firmware: '1', ...bad }, ME);
    expect(await reasons()).toEqual([['bad-description', pointer]]);
    expect((await deviceOf('A1_TEST_TOKEN'))?.description).toEqual({ labels: { firmware: '1' } });
  });

  it('that change with every message are held as they are after a while', async () => {
    const { say, reasons, deviceOf } = await acceptanceFixture({ limits: { maxLabelChanges: 2 } });
    for (let rssi = -60; rssi > -70; rssi--) await say(ATTRIBUTES, { rssi, name: `at ${rssi}` }, ME);
    expect((await reasons()).map(([reason]) => reason)).toEqual(Array(7).fill('flapping-label'));
    expect((await deviceOf('A1_TEST_TOKEN'))?.description).toEqual({ name: 'at -69', labels: { rssi: '-62' } });
  });

  it('throw nothing, however deep or strange they are', () => {
    const deep = Buffer.from(`{"a":${'['.repeat(50_000)}${']'.repeat(50_000)},"metrics":{"m":{"unit":{}}},"b":1}`);
    expect(decodeThingsBoardAttributes(deep, () => undefined).patch).toEqual({ labels: { b: '1' } });
    const keys = fc.constantFrom('name', 'labels', 'location', 'metrics', 'latitude', 'longitude', '__proto__', 'x');
    fc.assert(
      fc.property(fc.dictionary(keys, fc.jsonValue()), (value) => {
        const { patch, faults } = decodeThingsBoardAttributes(Buffer.from(JSON.stringify(value)), () => undefined);
        expect(patch !== undefined || faults.length > 0).toBe(true);
      }),
    );
  });
});

describe('through the broker', () => {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function open(token?: string) {
    const { journal } = controlledJournal();
    const gateway = await openGateway({ journal, now: () => ARRIVAL, ...(token === undefined ? {} : { token }) });
    cleanups.push(() => gateway.close());
    const connect = async (options: IClientOptions) => {
      const url = `mqtt://127.0.0.1:${gateway.mqttPort}`;
      const client = await connectAsync(url, { reconnectPeriod: 0, connectTimeout: 5000, ...options }, false);
      cleanups.push(() => client.endAsync(true));
      return client;
    };
    return { gateway, journal, connect };
  }

  it.each([0, 1, 2] as const)('each client is the device of its own user name (QoS %i)', async (qos) => {
    const { journal, connect } = await open();
    for (const username of ['one', 'two']) {
      const client = await connect({ username });
      await client.publishAsync(TELEMETRY, '{"t":1}', { qos, retain: true });
    }
    await until(async () => (await readingsOf(journal)).length === 2);
    expect((await readingsOf(journal)).sort()).toEqual([`unsorted/one/t@${ARRIVAL}=1`, `unsorted/two/t@${ARRIVAL}=1`]);
  });

  it('what one device says of itself reaches no other, which would take it for a command', async () => {
    const { journal, connect } = await open();
    const other = await connect({ username: 'other' });
    const heard: string[] = [];
    other.on('message', (topic) => heard.push(topic));
    await other.subscribeAsync(['v1/devices/me/attributes', 'v1/devices/me/telemetry', 'done']);
    const device = await connect({ username: 'one' });
    await device.publishAsync(ATTRIBUTES, '{"targetTemperature":30}', { qos: 1, retain: true });
    await device.publishAsync(TELEMETRY, '{"t":1}', { qos: 1, retain: true });
    await device.publishAsync('done', '', { qos: 1 });
    await until(() => heard.length > 0);
    expect(heard).toEqual(['done']);
    expect(await readingsOf(journal)).toHaveLength(1);
    const late = await connect({ username: 'late' });
    late.on('message', (topic) => heard.push(topic));
    await late.subscribeAsync(['v1/devices/me/attributes']);
    await device.publishAsync('done', '', { qos: 1 });
    await until(() => heard.length > 1);
    expect(heard).toEqual(['done', 'done']);
  });

  it('a client without a user name is answered on its own topic, and a request it would wait for is refused', async () => {
    const { connect } = await open();
    const client = await connect({ clientId: 'nameless' });
    const answers: { topic: string; reason: string }[] = [];
    client.on('message', (topic, payload) => {
      answers.push({ topic, reason: (JSON.parse(payload.toString()) as { reason: string }).reason });
    });
    await client.subscribeAsync('city/clients/nameless/errors');
    await client.publishAsync(TELEMETRY, '{"t":1}', { qos: 1 });
    await client.publishAsync('v1/devices/me/attributes/request/1', '{"clientKeys":"a"}', { qos: 1 });
    await until(() => answers.length === 2);
    expect(answers).toEqual([
      { topic: 'city/clients/nameless/errors', reason: 'bad-topic' },
      { topic: 'city/clients/nameless/errors', reason: 'not-built' },
    ]);
  });

  it('the token is asked for as the password, whatever the user name', async () => {
    const { gateway, journal, connect } = await open('secret');
    const refused = await PacketClient.connect(gateway.mqttPort, { username: 'A1_TEST_TOKEN' });
    cleanups.push(() => refused.destroy());
    expect(refused.packets).toMatchObject([{ cmd: 'connack', returnCode: 5 }]);
    const client = await connect({ username: 'A1_TEST_TOKEN', password: 'secret' });
    await client.publishAsync(TELEMETRY, '{"t":1}', { qos: 1 });
    expect(await readingsOf(journal)).toEqual([`unsorted/A1_TEST_TOKEN/t@${ARRIVAL}=1`]);
  });

  it('its will is its own as well', async () => {
    const { journal, connect } = await open();
    const client = await connect({
      username: 'mortal',
      will: { topic: TELEMETRY, payload: Buffer.from('{"alive":0}'), qos: 1, retain: false },
    });
    client.stream.destroy();
    await until(async () => (await readingsOf(journal)).length === 1);
    expect(await readingsOf(journal)).toEqual([`unsorted/mortal/alive@${ARRIVAL}=0`]);
  });
});
