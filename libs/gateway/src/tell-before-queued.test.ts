import { afterEach, describe, expect, it } from '@jest/globals';
import type { SessionPacket, SessionStore } from '@seawall/ports';
import { createMemorySessionStore } from '@seawall/ports/memory';
import type { Aedes } from 'aedes';
import { setImmediate } from 'node:timers/promises';
import { controlledJournal, openGateway, PacketClient, until } from './gateway-fixture.ts';
import { tellBeforeQueued } from './tell-before-queued.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const MESSAGE = { topic: 'city/alerts/a', payload: 'x', retain: false, qos: 1 } as const;

/** A gateway whose store takes what is queued, and says only when told to that, or why not, it is written. */
async function withSlowQueues(clean: boolean) {
  const memory = createMemorySessionStore();
  const enqueue = memory.outgoingEnqueueCombi.bind(memory);
  let write!: (failure?: Error) => void;
  const written = new Promise<void>((resolve, reject) => {
    write = (failure) => (failure === undefined ? resolve() : reject(failure));
  });
  const sessions: SessionStore = Object.assign(memory, {
    outgoingEnqueueCombi: async (...parameters: Parameters<typeof enqueue>) => {
      await enqueue(...parameters);
      await written;
    },
  });
  await sessions.addSubscriptions({ id: 'dead', clean: false }, [{ topic: 'city/alerts/#', qos: 1 }]);
  const gateway = await openGateway({ journal: controlledJournal().journal, sessions });
  cleanups.push(() => gateway.close());
  const living = await PacketClient.connect(gateway.mqttPort, { clientId: 'living', clean });
  cleanups.push(() => living.destroy());
  living.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'city/alerts/#', qos: 1 }] });
  await until(() => living.received('suback') === 1);
  return { gateway, living, write };
}

describe('a message that is still being written for a session that nobody comes back to', () => {
  it.each([true, false])(
    'is told to a connected subscriber with clean=%s, and over only when it is written',
    async (clean) => {
      const { gateway, living, write } = await withSlowQueues(clean);
      let over = false;
      const publishing = gateway.publish(MESSAGE).then(() => (over = true));
      await until(() => living.received('publish') === 1);
      expect(over).toBe(false);
      write();
      await publishing;
    },
  );

  it('fails for its publisher if it can not be written, though those connected were told', async () => {
    const { gateway, living, write } = await withSlowQueues(true);
    const publishing = gateway.publish(MESSAGE);
    await until(() => living.received('publish') === 1);
    write(new Error('no room'));
    await expect(publishing).rejects.toThrow('no room');
  });
});

describe('the queue of a client that is not here', () => {
  const CLIENT = { id: 'away', clientId: 'away', clean: false };

  function opened() {
    let now = 0;
    const sessions = createMemorySessionStore({ now: () => now, sessionExpiryMs: 1000 });
    const expire = () => {
      now += 1001;
      return sessions.expireSessions();
    };
    const broker = { counter: 0, publish: () => undefined, close: () => undefined } as unknown as Aedes;
    tellBeforeQueued(broker, sessions);
    const enqueue = (brokerCounter: number, others: { clientId: string }[] = []) =>
      sessions.outgoingEnqueueCombi([CLIENT, ...others], { topic: 'a', qos: 1, brokerId: 'b', brokerCounter });
    const queued = async () => {
      const packets = (await sessions.outgoingStream(CLIENT).toArray()) as SessionPacket[];
      return packets.map(({ brokerCounter }) => brokerCounter);
    };
    return { broker, sessions, enqueue, queued, expire };
  }

  it('gets its messages in the next turn, in their order', async () => {
    const { sessions, enqueue, queued } = opened();
    for (const number of [1, 2, 3]) await enqueue(number);
    expect(sessions.status().queuedPackets).toBe(0);
    await setImmediate();
    expect(await queued()).toEqual([1, 2, 3]);
  });

  it('gets what goes to very many a message a turn, so that nobody else waits for all of them', async () => {
    const { enqueue, queued } = opened();
    const others = Array.from({ length: 1000 }, (_, i) => ({ clientId: `other-${i}` }));
    for (const number of [1, 2, 3]) await enqueue(number, others);
    await setImmediate();
    expect(await queued()).toEqual([1]);
    for (const _ of [2, 3]) await setImmediate();
    expect(await queued()).toEqual([1, 2, 3]);
  });

  it('has all that came before when the client comes, and before what comes while it is there and after', async () => {
    const { sessions, enqueue, queued } = opened();
    for (const number of [1, 2]) await enqueue(number);
    sessions.clientCame(CLIENT);
    expect(sessions.status().queuedPackets).toBe(2);
    await enqueue(3);
    expect(sessions.status().queuedPackets).toBe(3);
    sessions.clientLeft(CLIENT);
    await enqueue(4);
    sessions.clientCame(CLIENT);
    expect(await queued()).toEqual([1, 2, 3, 4]);
  });

  it('waits for its turn all the same when somebody else comes', async () => {
    const { sessions, enqueue } = opened();
    for (const number of [1, 2]) await enqueue(number);
    sessions.clientCame({ id: 'stranger', clean: true });
    expect(sessions.status().queuedPackets).toBe(0);
    await setImmediate();
    expect(sessions.status().queuedPackets).toBe(2);
  });

  it.each([true, false])(
    'gets nothing that has waited once its session has ended, and what comes once the client is back (at once: %s)',
    async (atOnce) => {
      const { sessions, enqueue, queued, expire } = opened();
      await sessions.addSubscriptions(CLIENT, [{ topic: 'a', qos: 1 }]);
      for (const number of [1, 2]) await enqueue(number, [{ clientId: 'other' }]);
      await expire();
      if (!atOnce) await setImmediate();
      sessions.clientCame(CLIENT);
      await enqueue(3);
      expect(await queued()).toEqual([3]);
      expect(sessions.status().queuedPackets).toBe(3);
    },
  );

  it('has all of them when the broker closes', async () => {
    const { broker, sessions, enqueue } = opened();
    for (const number of [1, 2]) await enqueue(number);
    broker.close();
    expect(sessions.status().queuedPackets).toBe(2);
  });
});
