import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { createMemorySessionStore } from '@seawall/ports/memory';
import { controlledJournal, openGateway, PacketClient, recordingLog, until } from './gateway-fixture.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe('a subscriber with a session whose queue is full', () => {
  it.each([1, 2] as const)('is given what comes at QoS %d while it is there, and is not cut off', async (qos) => {
    const sessions = createMemorySessionStore({ maxQueuedPerClient: 1 });
    const gateway = await openGateway({ journal: controlledJournal().journal, sessions });
    cleanups.push(() => gateway.close());
    const publisher = await PacketClient.connect(gateway.mqttPort, { clientId: 'publisher' });
    const subscriber = await PacketClient.connect(gateway.mqttPort, { clientId: 'subscriber', clean: false });
    cleanups.push(() => [publisher, subscriber].forEach((client) => client.destroy()));
    subscriber.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'other/#', qos }] });
    await until(() => subscriber.received('suback') === 1);
    // It acknowledges none, so that the first fills its queue.
    for (const messageId of [1, 2, 3]) publisher.publish('other/a', 'x', qos, messageId);
    await until(() => subscriber.closed || subscriber.received('publish') === 3);
    expect(subscriber.closed).toBe(false);
    expect(sessions.status()).toMatchObject({ queuedPackets: 1, droppedQueued: 2 });
    if (qos === 1) return;
    for (const messageId of subscriber.ids('publish')) subscriber.send({ cmd: 'pubrec', messageId });
    await until(() => subscriber.received('pubrel') === 3);
  });
});

it('what full queues have dropped is in the log, once a minute', async () => {
  const minute = jest.spyOn(globalThis, 'setInterval');
  cleanups.push(() => minute.mockRestore());
  const sessions = createMemorySessionStore({ maxQueuedPerClient: 1 });
  const log = recordingLog();
  const gateway = await openGateway({ journal: controlledJournal().journal, sessions, log });
  cleanups.push(() => gateway.close());
  // The broker has such a timer too, set before.
  const [tell] = minute.mock.calls.findLast(([, ms]) => ms === 60_000)!;
  for (const _ of [1, 2, 3]) await sessions.outgoingEnqueue({ clientId: 'dashboard' }, { topic: 'a' });
  for (const _ of [1, 2]) tell();
  expect(log.lines).toMatchObject([{ level: 'warn', fields: { queued: 2, retained: 0 } }]);
});
