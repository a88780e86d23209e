import { afterEach, describe, expect, it } from '@jest/globals';
import { createMemorySessionStore } from '@seawall/ports/memory';
import { createServer } from 'node:net';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import {
  ARRIVAL,
  controlledJournal,
  entriesOf,
  openGateway,
  PacketClient,
  payloadsOf,
  readingsOf,
  recordingLog,
  until,
} from './gateway-fixture.ts';
import type { Gateway, GatewayOptions } from './gateway.ts';
import { ListenError } from './listen.ts';

const AQ = 'city/environment/aq-1';
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function open(options: Partial<GatewayOptions> = {}) {
  const { journal, control } = controlledJournal();
  const log = recordingLog();
  const gateway = await openGateway({ journal, log, now: () => ARRIVAL, ...options });
  cleanups.push(() => gateway.close());
  return { gateway, journal, control, log };
}

async function client(
  gateway: Gateway,
  options: IClientOptions = {},
  over: 'mqtt' | 'ws' = 'mqtt',
): Promise<MqttClient> {
  const port = over === 'mqtt' ? gateway.mqttPort : gateway.mqttWsPort;
  const opened = await connectAsync(
    `${over}://127.0.0.1:${port}`,
    { reconnectPeriod: 0, connectTimeout: 5000, ...options },
    false,
  );
  cleanups.push(() => opened.endAsync(true));
  return opened;
}

async function raw(gateway: Gateway, connectPacket: object = {}): Promise<PacketClient> {
  const opened = await PacketClient.connect(gateway.mqttPort, connectPacket);
  cleanups.push(() => opened.destroy());
  return opened;
}

function listen(subscriber: MqttClient) {
  const messages: { topic: string; text: string; retain: boolean }[] = [];
  subscriber.on('message', (topic, payload, { retain }) => messages.push({ topic, text: payload.toString(), retain }));
  return messages;
}

describe.each(['mqtt', 'ws'] as const)('over %s', (over) => {
  it.each([0, 1, 2] as const)('a QoS %i message is stored, and then forwarded', async (qos) => {
    const { gateway, journal } = await open();
    const subscriber = await client(gateway, {}, over);
    const messages = listen(subscriber);
    await subscriber.subscribeAsync('city/#', { qos });
    const device = await client(gateway, {}, over);
    await device.publishAsync(`${AQ}/telemetry`, '{"pm25":12.1}', { qos });
    await until(() => messages.length === 1);
    expect(messages).toEqual([{ topic: `${AQ}/telemetry`, text: '{"pm25":12.1}', retain: false }]);
    expect(await readingsOf(journal)).toEqual([`environment/aq-1/pm25@${ARRIVAL}=12.1`]);
  });
});

describe('the acknowledgement', () => {
  it('leaves only after the append, for QoS 1 and 2, in the order of arrival', async () => {
    const { gateway, control, journal } = await open();
    const device = await raw(gateway);
    control.hold();
    device.publish(`${AQ}/telemetry`, '{"a":1}', 1, 1);
    device.publish(`${AQ}/telemetry`, '{"a":2}', 2, 2);
    device.publish('elsewhere', 'x', 1, 3);
    device.publish(`${AQ}/telemetry`, 'rubbish', 1, 4);
    await until(() => control.waiting() > 0);
    // Whatever was written before the append would have come by the time this connection is answered.
    const other = await raw(gateway, { clientId: 'other' });
    other.send({ cmd: 'pingreq' });
    await until(() => other.received('pingresp') === 1);
    expect(device.packets.map(({ cmd }) => cmd)).toEqual(['connack']);
    expect(await entriesOf(journal)).toEqual([]);
    control.release();
    await until(() => device.packets.length === 5);
    expect(device.ids('puback')).toEqual([1, 3, 4]);
    expect(device.ids('pubrec')).toEqual([2]);
  });

  it('is held back while the journal fails, comes when it is back, and nothing is lost', async () => {
    const { gateway, control, journal, log } = await open();
    const device = await raw(gateway);
    control.failing = true;
    for (let id = 1; id <= 5; id++) device.publish(`${AQ}/telemetry`, `{"a":${id}}`, 1, id);
    await until(() => control.appends.length >= 2);
    expect(device.received('puback')).toBe(0);
    expect(gateway.status().accepting).toBe(false);
    expect(log.lines.some(({ level }) => level === 'error')).toBe(true);
    control.failing = false;
    await until(() => device.received('puback') === 5);
    expect(device.ids('puback')).toEqual([1, 2, 3, 4, 5]);
    expect(await readingsOf(journal)).toHaveLength(5);
    expect(gateway.status()).toMatchObject({ accepting: true, heldBytes: 0 });
  });

  it('tells how long the oldest message waits', async () => {
    const clock = { now: 0 };
    const { gateway, control } = await open({ elapsed: () => clock.now });
    const device = await raw(gateway);
    control.hold();
    device.publish(`${AQ}/telemetry`, '{"a":1}', 1, 1);
    await until(() => control.waiting() > 0);
    clock.now += 30_000;
    expect(gateway.status()).toMatchObject({ accepting: true, oldestWaitMs: 30_000 });
    control.release();
    await until(() => device.received('puback') === 1);
    expect(gateway.status()).toMatchObject({ accepting: true, oldestWaitMs: 0 });
  });

  it('of a QoS 2 id that comes again with DUP and other content, good and bad, leaves ingest alive', async () => {
    const { gateway, journal } = await open();
    const device = await raw(gateway);
    device.publish(`${AQ}/telemetry`, '{"values":{"a":1,"b":"text"}}', 2, 5);
    await until(() => device.received('pubrec') === 1);
    device.publish(`${AQ}/telemetry`, '{"values":{"a":2,"b":"text2"}}', 2, 5, { dup: true });
    await until(() => device.received('pubrec') === 2);
    const other = await raw(gateway, { clientId: 'other' });
    other.publish(`${AQ}/telemetry`, '{"a":3}', 1, 1);
    await until(() => other.received('puback') === 1);
    expect(await readingsOf(journal)).toHaveLength(3);
    expect(gateway.status()).toMatchObject({ accepting: true, heldBytes: 0, refusedAppends: 0 });
  });

  it('is never given for what the journal refuses for good: its sender is cut off, the others go on', async () => {
    const { gateway, control, journal, log } = await open();
    control.refusal = (drafts) =>
      drafts.some((draft) => draft.kind === 'readings' && draft.payload.value.includes(13))
        ? new RangeError('13 is beyond what an entry holds.')
        : undefined;
    const unlucky = await raw(gateway, { clientId: 'unlucky' });
    unlucky.publish(`${AQ}/telemetry`, '{"a":13}', 1, 1);
    await until(() => unlucky.closed);
    expect(unlucky.received('puback')).toBe(0);
    const device = await raw(gateway);
    device.publish(`${AQ}/telemetry`, '{"a":1}', 1, 1);
    await until(() => device.received('puback') === 1);
    expect(await readingsOf(journal)).toEqual([`environment/aq-1/a@${ARRIVAL}=1`]);
    expect((await payloadsOf(journal, 'device')).map(({ device: id }) => id)).toEqual(['aq-1']);
    expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    expect(gateway.status()).toMatchObject({ accepting: true, acceptedReadings: 1, heldBytes: 0, refusedAppends: 1 });
  });

  it('of a QoS 2 message that is sent again with DUP is PUBREC again, and it is stored and forwarded once', async () => {
    const { gateway, journal } = await open();
    const subscriber = await client(gateway);
    const messages = listen(subscriber);
    await subscriber.subscribeAsync('city/#');
    const device = await raw(gateway, { clientId: 'device', clean: false });
    device.publish(`${AQ}/telemetry`, '{"a":1}', 2, 9);
    await until(() => device.received('pubrec') === 1);
    device.destroy();
    const again = await raw(gateway, { clientId: 'device', clean: false });
    again.publish(`${AQ}/telemetry`, '{"a":1}', 2, 9, { dup: true });
    await until(() => again.received('pubrec') === 1);
    again.send({ cmd: 'pubrel', messageId: 9 });
    await until(() => again.received('pubcomp') === 1);
    expect(await readingsOf(journal)).toHaveLength(1);
    // After its PUBREL the id is free, also for the same payload with DUP.
    again.publish(`${AQ}/telemetry`, '{"a":1}', 2, 9, { dup: true });
    await until(() => again.received('pubrec') === 2);
    expect(await readingsOf(journal)).toHaveLength(2);
    await until(() => messages.length === 2);
  });

  it('a clean session ends what is known of its QoS 2 packets', async () => {
    const { gateway, journal } = await open();
    const device = await raw(gateway, { clientId: 'device' });
    device.publish(`${AQ}/telemetry`, '{"a":1}', 2, 9);
    await until(() => device.received('pubrec') === 1);
    device.destroy();
    await until(() => gateway.status().connections === 0);
    const again = await raw(gateway, { clientId: 'device' });
    again.publish(`${AQ}/telemetry`, '{"a":1}', 2, 9, { dup: true });
    await until(() => again.received('pubrec') === 1);
    expect(await readingsOf(journal)).toHaveLength(2);
  });
});

describe('a message with nothing usable', () => {
  it('is acknowledged, answered, and neither forwarded nor retained', async () => {
    const { gateway } = await open();
    const subscriber = await client(gateway, { clientId: 'sub', clean: false });
    const messages = listen(subscriber);
    await subscriber.subscribeAsync(['#', 'city/environment/+/errors'], { qos: 1 });
    const device = await client(gateway);
    for (const qos of [0, 1, 2] as const)
      await device.publishAsync(`${AQ}/telemetry`, 'rubbish', { qos, retain: true });
    await device.publishAsync(`${AQ}/telemetry`, '{"a":1}', { qos: 1 });
    await until(() => messages.some(({ topic }) => topic === `${AQ}/telemetry`));
    expect(messages.filter(({ topic }) => !topic.endsWith('/errors'))).toHaveLength(1);
    const late = await client(gateway);
    const retained = listen(late);
    await late.subscribeAsync(['#', '$SYS/#'], { qos: 1 });
    await gateway.publish({ topic: 'city/hub/end', payload: 'end', retain: false, qos: 1 });
    await until(() => retained.some(({ topic }) => topic === 'city/hub/end'));
    expect(retained.filter(({ text }) => text === 'rubbish')).toEqual([]);
  });

  it('is not kept for the queue of a subscriber that is away', async () => {
    const { gateway } = await open({ sessions: createMemorySessionStore() });
    const away = await client(gateway, { clientId: 'sub', clean: false });
    await away.subscribeAsync('#', { qos: 1 });
    await away.endAsync();
    const device = await client(gateway);
    await device.publishAsync(`${AQ}/telemetry`, 'rubbish', { qos: 1 });
    await device.publishAsync(`${AQ}/telemetry`, '{"a":1}', { qos: 1 });
    const back = await raw(gateway, { clientId: 'sub', clean: false });
    await until(() => back.received('publish') >= 1);
    expect(back.packets.filter(({ cmd }) => cmd === 'publish')).toMatchObject([
      { topic: `${AQ}/telemetry`, payload: Buffer.from('{"a":1}') },
    ]);
  });

  it('can not be listened to', async () => {
    const { gateway } = await open();
    const curious = await client(gateway);
    await expect(curious.subscribeAsync('$SYS/seawall/dropped')).rejects.toThrow(/Unspecified error|granted|128/i);
  });
});

describe('the errors topic', () => {
  it('tells a device why, at most once a second for each reason', async () => {
    const { gateway, journal } = await open();
    const device = await client(gateway);
    const messages = listen(device);
    await device.subscribeAsync(`${AQ}/errors`);
    for (let i = 0; i < 20; i++) await device.publishAsync(`${AQ}/telemetry`, '{"a":"x"}', { qos: 1 });
    await device.publishAsync(`${AQ}/telemetry`, '{"ts":1790000000,"a":1}', { qos: 1 });
    await until(() => messages.length === 2);
    expect(messages.map(({ text, retain }) => [(JSON.parse(text) as { reason: string }).reason, retain])).toEqual([
      ['undeclared-text', false],
      ['epoch-seconds', false],
    ]);
    expect((await payloadsOf(journal, 'rejections')).flat()).toHaveLength(21);
    expect(gateway.status()).toMatchObject({ rejected: { 'undeclared-text': 20, 'epoch-seconds': 1 }, answers: 2 });
  });

  it('tells a device what came of its readings after their acknowledgement, as seldom, and counts none twice', async () => {
    const { gateway } = await open();
    const device = await client(gateway);
    const messages = listen(device);
    await device.subscribeAsync(`${AQ}/errors`);
    const refused = (sample: string) => ({
      ...({
        reason: 'refused-by-store',
        detail: 'An integer.',
        topic: `${AQ}/telemetry`,
        pointer: '/values/a',
      } as const),
      ...{ domain: 'environment', device: 'aq-1', receivedAt: ARRIVAL, sample },
    });
    gateway.tell([refused('1'), refused('2'), refused('3')]);
    await until(() => messages.length === 1);
    expect(JSON.parse(messages[0]!.text)).toMatchObject({ reason: 'refused-by-store', sample: '1', count: 1 });
    expect(gateway.status()).toMatchObject({ answers: 1, rejected: {} });
  });

  it('tells a client whose topic names no device', async () => {
    const { gateway } = await open();
    const device = await client(gateway, { clientId: 'my/client' });
    const messages = listen(device);
    await device.subscribeAsync('city/clients/+/errors');
    await device.publishAsync('city/environment', '{"a":1}', { qos: 1 });
    await until(() => messages.length === 1);
    expect(messages[0]?.topic).toBe('city/clients/my%2Fclient/errors');
  });

  it('goes on when the clock is set back', async () => {
    const clock = { wall: ARRIVAL, elapsed: 0 };
    const { gateway } = await open({ now: () => clock.wall, elapsed: () => clock.elapsed });
    const device = await client(gateway);
    const messages = listen(device);
    await device.subscribeAsync(`${AQ}/errors`);
    await device.publishAsync(`${AQ}/telemetry`, 'no json', { qos: 1 });
    await until(() => messages.length === 1);
    clock.wall -= 3_600_000;
    clock.elapsed += 1000;
    await device.publishAsync(`${AQ}/telemetry`, 'no json', { qos: 1 });
    await until(() => messages.length === 2);
  });
});

describe('retained messages', () => {
  it('of QoS 2 reaches a session that is kept, and does not end it', async () => {
    const { gateway } = await open({ sessions: createMemorySessionStore() });
    const device = await client(gateway);
    await device.publishAsync('city/environment/aq-1/status', 'online', { qos: 2, retain: true });
    const board = await raw(gateway, { clientId: 'board', clean: false });
    board.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'city/#', qos: 2 }] });
    await until(() => board.received('publish') === 1);
    const [messageId] = board.ids('publish');
    board.send({ cmd: 'pubrec', messageId: messageId! });
    await until(() => board.received('pubrel') === 1);
    expect(board.ids('pubrel')).toEqual([messageId]);
    board.send({ cmd: 'pubcomp', messageId: messageId! });
    board.send({ cmd: 'pingreq' });
    await until(() => board.received('pingresp') === 1);
  });

  it('are kept when usable, and cleared by an empty one', async () => {
    const { gateway } = await open();
    const device = await client(gateway);
    await device.publishAsync(`${AQ}/telemetry`, '{"a":1}', { qos: 1, retain: true });
    const first = await client(gateway);
    const seen = listen(first);
    await first.subscribeAsync('city/#');
    await until(() => seen.length === 1);
    expect(seen[0]).toMatchObject({ text: '{"a":1}', retain: true });
    await device.publishAsync(`${AQ}/telemetry`, '', { qos: 1, retain: true });
    const second = await client(gateway);
    const later = listen(second);
    await second.subscribeAsync('city/#');
    await gateway.publish({ topic: 'city/hub/end', payload: 'end', retain: false, qos: 0 });
    await until(() => later.length > 0);
    expect(later.map(({ topic }) => topic)).toEqual(['city/hub/end']);
  });
});

describe('the hub’s own messages', () => {
  it('are published and retained, and are no input', async () => {
    const { gateway, journal } = await open();
    await gateway.publish({ topic: 'city/alerts/major/d/x/r/s', payload: '{"id":"1"}', retain: true, qos: 1 });
    const subscriber = await client(gateway);
    const messages = listen(subscriber);
    await subscriber.subscribeAsync('city/alerts/#', { qos: 1 });
    await until(() => messages.length === 1);
    expect(messages[0]).toMatchObject({ text: '{"id":"1"}', retain: true });
    expect(await entriesOf(journal)).toEqual([]);
  });

  it('are refused with a sentence once the gateway is closed', async () => {
    const { gateway } = await open();
    await gateway.close();
    await expect(gateway.publish({ topic: 'city/hub/x', payload: 'x', retain: false, qos: 1 })).rejects.toThrow(
      /was not published/,
    );
  });
});

describe('wills', () => {
  const will = (topic: string, payload: string) => ({
    will: { topic, payload: Buffer.from(payload), qos: 1 as const, retain: true },
  });

  it('of a status are stored, when their device is gone', async () => {
    const { gateway, journal } = await open();
    const device = await raw(gateway, { clientId: 'device', ...will(`${AQ}/status`, 'offline') });
    device.publish(`${AQ}/status`, 'online', 1, 1);
    await until(() => device.received('puback') === 1);
    device.destroy();
    await until(async () => (await payloadsOf(journal, 'device')).length === 2);
    expect((await payloadsOf(journal, 'device')).map(({ status }) => status)).toEqual(['online', 'offline']);
  });

  it('are held to the same grammar', async () => {
    const { gateway, journal } = await open();
    const subscriber = await client(gateway);
    const messages = listen(subscriber);
    await subscriber.subscribeAsync('city/#');
    const device = await raw(gateway, { clientId: 'device', ...will('city/alerts/critical/fake', 'x') });
    device.destroy();
    await until(async () => (await payloadsOf(journal, 'rejections')).length === 1);
    expect((await payloadsOf(journal, 'rejections')).flat()).toMatchObject([{ reason: 'reserved-topic' }]);
    await gateway.publish({ topic: 'city/hub/end', payload: '', retain: false, qos: 0 });
    await until(() => messages.some(({ topic }) => topic === 'city/hub/end'));
    expect(messages.filter(({ topic }) => topic.startsWith('city/alerts'))).toEqual([]);
  });

  it('are not fired when the hub closes', async () => {
    const { gateway, journal } = await open();
    const devices = await Promise.all(
      [1, 2, 3].map((i) => raw(gateway, { clientId: `d${i}`, ...will(`city/d/x${i}/status`, 'offline') })),
    );
    for (const device of devices) device.publish('city/d/y/telemetry', '{"a":1}', 1, 1);
    await until(() => devices.every((device) => device.received('puback') === 1));
    await gateway.close();
    await until(() => devices.every(({ closed }) => closed));
    expect((await payloadsOf(journal, 'device')).filter(({ status }) => status !== undefined)).toEqual([]);
  });
});

describe('closing', () => {
  it('waits for appends under way and acknowledges them', async () => {
    const { gateway, control, journal } = await open();
    const device = await raw(gateway);
    control.hold();
    device.publish(`${AQ}/telemetry`, '{"a":1}', 1, 1);
    await until(() => control.waiting() === 1);
    const closed = gateway.close();
    control.release();
    await closed;
    expect(await readingsOf(journal)).toHaveLength(1);
    await until(() => device.closed);
    expect(device.received('puback')).toBe(1);
  });

  it('does not wait for a journal that fails, and acknowledges nothing', async () => {
    const { gateway, control, log } = await open();
    const device = await raw(gateway);
    control.failing = true;
    device.publish(`${AQ}/telemetry`, '{"a":1}', 1, 1);
    await until(() => control.appends.length > 0);
    await gateway.close();
    await until(() => device.closed);
    expect(device.received('puback')).toBe(0);
    expect(log.lines.at(-1)?.message).toMatch(/before all that was held could be stored/);
  });
});

describe('who may connect', () => {
  it('is everybody without a token', async () => {
    const { gateway } = await open();
    expect((await raw(gateway)).packets).toMatchObject([{ cmd: 'connack', returnCode: 0 }]);
  });

  it.each<[string, object, number]>([
    ['the token as password', { username: 'x', password: Buffer.from('secret') }, 0],
    ['another password', { username: 'x', password: Buffer.from('Secret') }, 4],
    ['no password', { username: 'x' }, 5],
    ['nothing', {}, 5],
  ])('with a token: %s', async (_name, credentials, returnCode) => {
    const { gateway, log } = await open({ token: 'secret' });
    expect((await raw(gateway, credentials)).packets[0]).toMatchObject({ cmd: 'connack', returnCode });
    expect(JSON.stringify(log.lines)).not.toMatch(/secret/i);
  });

  it('is nobody who speaks version 5', async () => {
    const { gateway } = await open();
    const device = new PacketClient(gateway.mqttPort);
    const connect = Buffer.from([
      0x10, 0x0e, 0x00, 0x04, 0x4d, 0x51, 0x54, 0x54, 0x05, 0x02, 0x00, 0x3c, 0x00, 0x00, 0x01, 0x61,
    ]);
    device.socket.write(connect);
    await until(() => device.closed);
    expect(device.packets[0]).toMatchObject({ cmd: 'connack', returnCode: 1 });
  });

  it('is no client with an id beyond measure', async () => {
    const { gateway } = await open();
    expect((await raw(gateway, { clientId: '\u{1f600}'.repeat(256) })).packets[0]).toMatchObject({
      cmd: 'connack',
      returnCode: 0,
    });
    expect((await raw(gateway, { clientId: 'x'.repeat(257) })).packets[0]).toMatchObject({
      cmd: 'connack',
      returnCode: 2,
    });
  });

  it('is no client without an id and without a clean session [MQTT-3.1.3-8]', async () => {
    const { gateway } = await open();
    const device = new PacketClient(gateway.mqttPort);
    device.socket.write(
      Buffer.from([0x10, 0x0c, 0x00, 0x04, 0x4d, 0x51, 0x54, 0x54, 0x04, 0x00, 0x00, 0x3c, 0x00, 0x00]),
    );
    await until(() => device.closed);
    expect(device.packets).toMatchObject([{ cmd: 'connack', returnCode: 2 }]);
  });

  it('is nobody beyond the limit of connections', async () => {
    const { gateway } = await open({ limits: { maxConnections: 1 } });
    await raw(gateway);
    const second = await raw(gateway, { clientId: 'second' });
    expect(second.closed).toBe(true);
    expect(gateway.status()).toMatchObject({ connections: 1, refusedConnections: 1 });
  });
});

describe('a port that is taken', () => {
  it.each(['mqttPort', 'mqttWsPort'] as const)('is named: %s', async (option) => {
    const other = createServer();
    const port = await new Promise<number>((resolve) =>
      other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port)),
    );
    cleanups.push(() => other.close());
    const opening = openGateway({ journal: controlledJournal().journal, [option]: port });
    await expect(opening).rejects.toThrow(ListenError);
    await expect(opening).rejects.toMatchObject({ code: 'EADDRINUSE', option, port });
    await expect(opening).rejects.toThrow(new RegExp(`Port ${port} .* taken`));
  });
});
