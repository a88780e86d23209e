import { afterEach, describe, expect, it } from '@jest/globals';
import mqttPacket, { type Packet } from 'mqtt-packet';
import {
  ARRIVAL,
  controlledJournal,
  openGateway,
  PacketClient,
  payloadsOf,
  readingsOf,
  until,
} from './gateway-fixture.ts';
import type { Gateway, GatewayOptions } from './gateway.ts';

const TOPIC = 'city/environment/aq-1/telemetry';
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function open(limits: GatewayOptions['limits'], token?: string, now = () => ARRIVAL) {
  const { journal, control } = controlledJournal();
  const gateway = await openGateway({ journal, now, limits, ...(token !== undefined && { token }) });
  cleanups.push(() => gateway.close());
  return { gateway, journal, control };
}

async function raw(gateway: Gateway, packet: object = {}) {
  const opened = await PacketClient.connect(gateway.mqttPort, packet);
  cleanups.push(() => opened.destroy());
  return opened;
}

describe('a stalled disk', () => {
  it('pauses the sockets above the cap; all is stored and acknowledged when it is back', async () => {
    const { gateway, journal, control } = await open({ maxHeldBytes: 50_000 });
    const devices = await Promise.all(Array.from({ length: 10 }, (_, i) => raw(gateway, { clientId: `d${i}` })));
    control.hold();
    const each = 300;
    for (const device of devices) {
      for (let id = 1; id <= each; id++)
        device.publish(TOPIC, `{"ts":${ARRIVAL - id},"a":${id},"pad":"${'x'.repeat(200)}"}`, 1, id);
    }
    await until(() => gateway.status().pausedSockets === devices.length);
    // One chunk may be read beyond the cap, the other sockets stay unread.
    const held = gateway.status().heldBytes;
    expect(held).toBeGreaterThan(50_000);
    expect(held).toBeLessThan(1_000_000);
    expect(devices.every((device) => device.received('puback') === 0)).toBe(true);
    control.release();
    await until(() => devices.every((device) => device.received('puback') === each));
    for (const device of devices) expect(device.ids('puback')).toEqual(Array.from({ length: each }, (_, i) => i + 1));
    expect(gateway.status()).toMatchObject({ pausedSockets: 0, heldBytes: 0, acceptedReadings: 3000 });
    expect(await readingsOf(journal)).toHaveLength(3000);
  });

  it('does not cut a paused client for its silence', async () => {
    const { gateway, control } = await open({ maxHeldBytes: 100 });
    const device = await raw(gateway, { keepalive: 1 });
    control.hold();
    device.publish(TOPIC, '{"a":1}', 1, 1);
    await until(() => gateway.status().pausedSockets === 1);
    // Cut at 1.5 s of silence [MQTT-3.1.2-24], unless its timer is set back.
    const asleep = Date.now() + 2500;
    await until(() => Date.now() > asleep);
    expect(device.closed).toBe(false);
    control.release();
    await until(() => device.received('puback') === 1);
  });
});

describe('a disk that hangs without failing', () => {
  it('gets no client cut for its silence while its publishes wait, and its pings behind them', async () => {
    const { gateway, control } = await open({}, undefined, Date.now);
    const device = await raw(gateway, { keepalive: 1 });
    control.hold();
    // In one chunk: the broker reads what comes after only when all of it is answered.
    device.socket.cork();
    for (let id = 1; id <= 20; id++) device.publish(TOPIC, '{"a":1}', 1, id);
    device.socket.uncork();
    const pings = setInterval(() => device.send({ cmd: 'pingreq' }), 500);
    cleanups.push(() => clearInterval(pings));
    const asleep = Date.now() + 3000;
    await until(() => Date.now() > asleep);
    expect(device.closed).toBe(false);
    expect(device.received('puback')).toBe(0);
    control.release();
    await until(() => device.received('puback') === 20);
    await until(() => device.received('pingresp') >= 5);
  });

  it('keeps no client that is silent of its own accord once it is quick again', async () => {
    const { gateway, control } = await open({}, undefined, Date.now);
    const silent = await raw(gateway, { keepalive: 1 });
    control.hold();
    silent.publish(TOPIC, '{"a":1}', 1, 1);
    await until(() => control.waiting() === 1);
    control.release();
    await until(() => silent.closed);
    expect(silent.received('puback')).toBe(1);
  });
});

describe('an oversized packet', () => {
  it('ends the connection as soon as its header is there, and is a rejection', async () => {
    const { gateway, journal } = await open({ maxPacketBytes: 2000 });
    const watcher = await raw(gateway, { clientId: 'watcher' });
    watcher.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'city/#', qos: 0 }] });
    await until(() => watcher.received('suback') === 1);
    const device = await raw(gateway);
    device.publish(TOPIC, '{"a":1}', 1, 1);
    await until(() => device.received('puback') === 1);
    device.publish(TOPIC, 'x'.repeat(1_000_000), 1, 2);
    await until(() => device.closed);
    await until(async () => (await payloadsOf(journal, 'rejections')).length === 1);
    expect((await payloadsOf(journal, 'rejections')).flat()).toMatchObject([
      { reason: 'too-large', topic: TOPIC, device: 'aq-1', domain: 'environment' },
    ]);
    await until(() => watcher.packets.some((packet) => packet.cmd === 'publish' && packet.topic.endsWith('/errors')));
    expect(gateway.status()).toMatchObject({ rejected: { 'too-large': 1 }, heldBytes: 0 });
  });

  it.each<[string, boolean, object | undefined]>([
    ['of a client without a CONNECT', false, undefined],
    ['of a client whose token is wrong', true, { username: 'x', password: Buffer.from('guess') }],
    ['of a client without a token', true, {}],
  ])('%s closes the connection, is counted, and is written nowhere', async (_name, connects, credentials) => {
    const { gateway, journal, control } = await open({ maxPacketBytes: 2000 }, 'secret');
    const stranger = new PacketClient(gateway.mqttPort);
    cleanups.push(() => stranger.destroy());
    const connect = {
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clientId: 'raw',
      clean: true,
      keepalive: 0,
    };
    const publish = { cmd: 'publish', topic: TOPIC, payload: 'x'.repeat(1_000_000), qos: 0, dup: false, retain: false };
    const bytes = [...(connects ? [{ ...connect, ...credentials }] : []), publish].map((packet) =>
      mqttPacket.generate(packet as Packet),
    );
    stranger.socket.write(Buffer.concat(bytes));
    await until(() => stranger.closed);
    await until(() => gateway.status().connections === 0);
    expect(gateway.status()).toMatchObject({ refusedConnections: 1, rejected: {}, heldBytes: 0 });
    expect(control.appends).toEqual([]);
    expect(await payloadsOf(journal, 'rejections')).toEqual([]);
  });

  it('of a client with the token is a rejection', async () => {
    const { gateway, journal } = await open({ maxPacketBytes: 2000 }, 'secret');
    const device = await raw(gateway, { username: 'x', password: Buffer.from('secret') });
    device.publish(TOPIC, 'x'.repeat(1_000_000), 1, 2);
    await until(() => device.closed);
    await until(async () => (await payloadsOf(journal, 'rejections')).length === 1);
  });

  it('is a CONNECT of more than 64 kB, though a message may have more', async () => {
    const { gateway, journal } = await open({ maxPacketBytes: 200_000 });
    const will = { topic: TOPIC, payload: Buffer.alloc(65_000, 0x20), qos: 1, retain: false };
    const stranger = await raw(gateway, { will, username: 'x'.repeat(1000) });
    await until(() => stranger.closed);
    expect(gateway.status()).toMatchObject({ refusedConnections: 1, messages: 0 });
    expect(await payloadsOf(journal, 'rejections')).toEqual([]);
    const device = await raw(gateway);
    device.publish(TOPIC, `{"a":1,"pad":${' '.repeat(150_000)}null}`, 1, 1);
    await until(() => device.received('puback') === 1);
  });

  it('of the greatest size allowed passes', async () => {
    const { gateway } = await open({ maxPacketBytes: 2000 });
    const device = await raw(gateway);
    const payload = `{"a":1,"pad":${' '.repeat(1900)}null}`;
    device.publish(TOPIC, payload, 1, 1);
    await until(() => device.received('puback') === 1);
  });
});

describe('a subscriber that does not read', () => {
  it('delays no publisher, though a lot waits for it', async () => {
    const { gateway } = await open({ maxSubscriberBytes: 1_000_000_000 });
    const deaf = await raw(gateway, { clientId: 'deaf' });
    deaf.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'city/#', qos: 0 }] });
    await until(() => deaf.received('suback') === 1);
    deaf.socket.pause();
    const devices = await Promise.all(Array.from({ length: 3 }, (_, i) => raw(gateway, { clientId: `d${i}` })));
    const pad = ' '.repeat(50_000);
    for (let id = 1; id <= 200; id++) for (const device of devices) device.publish(TOPIC, `{"a":${id}${pad}}`, 1, id);
    await until(() => devices.every((device) => device.received('puback') === 200));
    expect(gateway.status().slowSubscribersCut).toBe(0);
  });

  it('is cut off, while the publisher goes on', async () => {
    const { gateway, journal } = await open({ maxSubscriberBytes: 200_000 });
    const deaf = await raw(gateway, { clientId: 'deaf' });
    deaf.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'city/#', qos: 0 }] });
    await until(() => deaf.received('suback') === 1);
    deaf.socket.pause();
    const device = await raw(gateway, { clientId: 'device' });
    const count = 400;
    const pad = ' '.repeat(50_000);
    for (let id = 1; id <= count; id++) device.publish(TOPIC, `{"a":${id}${pad}}`, 1, id);
    await until(() => device.received('puback') === count);
    await until(() => gateway.status().slowSubscribersCut === 1);
    expect(await readingsOf(journal)).toHaveLength(count);
    expect(gateway.status().connections).toBe(1);
  });
});
