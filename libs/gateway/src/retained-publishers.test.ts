import { afterEach, expect, it } from '@jest/globals';
import type { SessionPacket } from '@seawall/ports';
import { createMemorySessionStore } from '@seawall/ports/memory';
import { controlledJournal, openGateway, PacketClient, until } from './gateway-fixture.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

it('the store is told who published what it is to retain, and of the hub nobody', async () => {
  const sessions = createMemorySessionStore();
  const retained: (readonly [string | undefined, string | undefined])[] = [];
  const store = sessions.storeRetained.bind(sessions);
  sessions.storeRetained = (packet: SessionPacket) => {
    retained.push([packet.topic, packet.clientId]);
    return store(packet);
  };
  const gateway = await openGateway({ journal: controlledJournal().journal, sessions });
  cleanups.push(() => gateway.close());
  const will = { topic: 'other/will', payload: Buffer.from('gone'), qos: 1, retain: true };
  const client = await PacketClient.connect(gateway.mqttPort, { clientId: 'lamp', will });
  cleanups.push(() => client.destroy());
  for (const qos of [0, 1, 2] as const) {
    client.publish(`other/${qos}`, 'on', qos, qos === 0 ? undefined : qos, { retain: true });
    await until(() => retained.length === qos + 1);
  }
  client.destroy();
  await until(() => retained.length === 4);
  await gateway.publish({ topic: 'city/hub/heartbeat', payload: '{}', retain: true, qos: 1 });
  expect(retained).toEqual([
    ['other/0', 'lamp'],
    ['other/1', 'lamp'],
    ['other/2', 'lamp'],
    ['other/will', 'lamp'],
    ['city/hub/heartbeat', undefined],
  ]);
});
