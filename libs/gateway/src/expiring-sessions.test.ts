import { afterEach, expect, it, jest } from '@jest/globals';
import { createMemorySessionStore } from '@seawall/ports/memory';
import { controlledJournal, openGateway, PacketClient, until } from './gateway-fixture.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

it('a session expires while its client is away, and never while it is there, by whichever connection', async () => {
  const timers = jest.spyOn(globalThis, 'setInterval');
  cleanups.push(() => timers.mockRestore());
  let now = 0;
  const sessions = createMemorySessionStore({ sessionExpiryMs: 1000, now: () => now });
  const gateway = await openGateway({ journal: controlledJournal().journal, sessions });
  cleanups.push(() => gateway.close());
  // The broker has such a timer too, set before.
  const [sweep] = timers.mock.calls.findLast(([, ms]) => ms === 60_000)!;
  const after = (ms: number): number => {
    now += ms;
    sweep();
    return sessions.status().sessions;
  };
  const left = jest.spyOn(sessions, 'clientLeft');
  const connect = () => PacketClient.connect(gateway.mqttPort, { clientId: 'dashboard', clean: false });

  const first = await connect();
  cleanups.push(() => first.destroy());
  first.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'a/#', qos: 1 }] });
  await until(() => first.received('suback') === 1);
  const second = await connect();
  cleanups.push(() => second.destroy());
  await until(() => left.mock.calls.length === 1);
  expect(after(5000)).toBe(1);
  second.destroy();
  await until(() => left.mock.calls.length === 2);
  expect(after(1000)).toBe(1);
  expect(after(1)).toBe(0);
});
