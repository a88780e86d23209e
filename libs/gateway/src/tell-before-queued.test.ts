import { afterEach, describe, expect, it } from '@jest/globals';
import type { SessionStore } from '@seawall/ports';
import { createMemorySessionStore } from '@seawall/ports/memory';
import { controlledJournal, openGateway, PacketClient, until } from './gateway-fixture.ts';

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
