import { afterEach, describe, expect, it } from '@jest/globals';
import type { SessionStore } from '@seawall/ports';
import { createMemorySessionStore } from '@seawall/ports/memory';
import type { Gateway } from './gateway.ts';
import { controlledJournal, openGateway, PacketClient, until } from './gateway-fixture.ts';

/** Sessions of which the test says when a retained message is on disk, or that it can't be. */
function heldSessions() {
  const held: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const storeRetained = () => new Promise<void>((resolve, reject) => void held.push({ resolve, reject }));
  const sessions: SessionStore = Object.assign(createMemorySessionStore(), { storeRetained });
  return { sessions, held };
}

describe('a subscriber', () => {
  let gateway: Gateway;
  afterEach(() => gateway.close());

  async function subscriberOf(sessions: SessionStore, topic: string) {
    gateway = await openGateway({ journal: controlledJournal().journal, sessions });
    const subscriber = await PacketClient.connect(gateway.mqttPort, { clientId: 'subscriber' });
    subscriber.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos: 1 }] });
    await until(() => subscriber.received('suback') === 1);
    return subscriber;
  }

  const message = (topic: string, retain: boolean) => ({ topic, payload: 'x', retain, qos: 1 as const });

  it('gets a message that waits for the disk although a later one does not', async () => {
    const { sessions, held } = heldSessions();
    const subscriber = await subscriberOf(sessions, 'home/#');
    const first = gateway.publish(message('home/a', true));
    const second = gateway.publish(message('home/b', false));
    await until(() => held.length === 1);
    held[0]!.resolve();
    await Promise.all([first, second]);
    await until(() => subscriber.received('publish') === 2);
  });

  it('gets messages whose writes end in another order', async () => {
    const { sessions, held } = heldSessions();
    const subscriber = await subscriberOf(sessions, 'home/#');
    const published = ['a', 'b', 'c'].map((name) => gateway.publish(message(`home/${name}`, true)));
    await until(() => held.length === 3);
    for (const { resolve } of held.reverse()) {
      resolve();
      await new Promise((later) => setImmediate(later));
    }
    await Promise.all(published);
    await until(() => subscriber.received('publish') === 3);
  });

  it('waits for none that can not be stored', async () => {
    const { sessions, held } = heldSessions();
    const subscriber = await subscriberOf(sessions, 'home/#');
    const first = gateway.publish(message('home/a', true));
    const second = gateway.publish(message('home/b', false));
    await until(() => held.length === 1);
    held[0]!.reject(new Error('no room'));
    await expect(first).rejects.toThrow('no room');
    await second;
    await until(() => subscriber.received('publish') === 1);
  });

  it('gets what stands before and behind one that can not be stored', async () => {
    const { sessions, held } = heldSessions();
    const subscriber = await subscriberOf(sessions, 'home/#');
    const published = ['a', 'b', 'c'].map((name) => gateway.publish(message(`home/${name}`, true)));
    await until(() => held.length === 3);
    held[1]!.reject(new Error('no room'));
    await expect(published[1]).rejects.toThrow('no room');
    held[2]!.resolve();
    await new Promise((later) => setImmediate(later));
    expect(subscriber.received('publish')).toBe(0);
    held[0]!.resolve();
    await Promise.all([published[0], published[2]]);
    await until(() => subscriber.received('publish') === 2);
  });
});
