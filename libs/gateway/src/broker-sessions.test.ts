import { describe, expect, it } from '@jest/globals';
import { UnknownPacketError, type SessionPacket } from '@seawall/ports';
import { createMemorySessionStore } from '@seawall/ports/memory';
import { brokerSessions } from './broker-sessions.ts';

const CLIENT = { id: 'listener', clean: false };

function publish(qos: 1 | 2): SessionPacket {
  return {
    cmd: 'publish',
    topic: 'a/b',
    payload: Buffer.from('x'),
    qos,
    retain: false,
    brokerId: 'b',
    brokerCounter: 7,
  };
}

/** The session of a client that has received a message, while the broker reads its queue at a connect. */
async function received(packet: SessionPacket) {
  const sessions = brokerSessions(createMemorySessionStore(), { released: () => {} });
  await sessions.outgoingEnqueueCombi([{ clientId: CLIENT.id }], packet);
  await sessions.outgoingUpdate(CLIENT, { ...packet, messageId: 1 });
  await sessions.outgoingClearMessageId(CLIENT, { cmd: 'puback', messageId: 1 });
  return sessions;
}

describe('a session of the broker', () => {
  it('lets a QoS 1 message that was acknowledged meanwhile go out once more', async () => {
    const sessions = await received(publish(1));
    await expect(sessions.outgoingUpdate(CLIENT, { ...publish(1), messageId: 2 })).resolves.toBeUndefined();
  });

  it('sends no QoS 2 message twice', async () => {
    const sessions = await received(publish(2));
    await expect(sessions.outgoingUpdate(CLIENT, { ...publish(2), messageId: 2 })).rejects.toThrow(UnknownPacketError);
  });

  it('sends no QoS 2 message twice that the queue read at a connect may have brought', async () => {
    const sessions = await received(publish(2));
    await sessions.outgoingStream(CLIENT).toArray();
    await expect(sessions.outgoingUpdate(CLIENT, { ...publish(2), messageId: 2 })).rejects.toThrow(UnknownPacketError);
  });

  it.each([1, 2] as const)('lets a new message of QoS %d go out that a full queue has dropped', async (qos) => {
    const sessions = brokerSessions(createMemorySessionStore({ maxQueuedPerClient: 1 }), { released: () => {} });
    await sessions.outgoingStream(CLIENT).toArray();
    const [first, second] = [publish(qos), { ...publish(qos), brokerCounter: 8 }];
    await sessions.outgoingEnqueueCombi([{ clientId: CLIENT.id }], first);
    await sessions.outgoingUpdate(CLIENT, { ...first, messageId: 1 });
    await sessions.outgoingEnqueueCombi([{ clientId: CLIENT.id }], second);
    expect(sessions.status()).toMatchObject({ queuedPackets: 1, droppedQueued: 1 });
    await expect(sessions.outgoingUpdate(CLIENT, { ...second, messageId: 2 })).resolves.toBeUndefined();
    await expect(sessions.outgoingUpdate(CLIENT, { cmd: 'pubrel', messageId: 2 })).resolves.toBeUndefined();
  });

  it('answers the PUBREC of a message that was never queued', async () => {
    const sessions = await received(publish(2));
    await expect(sessions.outgoingUpdate(CLIENT, { cmd: 'pubrel', messageId: 9 })).resolves.toBeUndefined();
  });

  it('that the store has ended leaves no packet id taken, and is no subscriber any more', async () => {
    let now = 0;
    const released: (readonly [string, number])[] = [];
    const store = createMemorySessionStore({ sessionExpiryMs: 10, now: () => now });
    const sessions = brokerSessions(store, { released: (...packet) => void released.push(packet) });
    await sessions.addSubscriptions(CLIENT, [{ topic: 'a/b', qos: 1 }]);
    await sessions.incomingStorePacket(CLIENT, { ...publish(2), messageId: 5 });
    expect(await sessions.subscriptionsByTopic('a/b')).toHaveLength(1);
    now = 11;
    await sessions.expireSessions();
    expect(released).toEqual([['listener', 5]]);
    expect(await sessions.subscriptionsByTopic('a/b')).toEqual([]);
  });

  it('keeps of a QoS 2 packet that it came, not what it said', async () => {
    const store = createMemorySessionStore();
    const sessions = brokerSessions(store, { released: () => {} });
    const packet = { ...publish(2), topic: 't'.repeat(60_000), payload: Buffer.alloc(250_000), messageId: 5 };
    await sessions.incomingStorePacket(CLIENT, packet);
    expect(await sessions.incomingGetPacket(CLIENT, { messageId: 5 })).toEqual({
      cmd: 'publish',
      qos: 2,
      messageId: 5,
    });
  });

  it('remembers of thousands of topics who waits for them, but not of thousands where thousands wait', async () => {
    const asked: string[] = [];
    let waiting = 1;
    const subscriptionsByTopic = async (topic: string) => {
      asked.push(topic);
      return Array.from({ length: waiting }, (_, i) => ({ clientId: `c${i}`, topic, qos: 1 }));
    };
    const store = Object.assign(createMemorySessionStore(), { subscriptionsByTopic });
    const sessions = brokerSessions(store, { released: () => {} });
    const topics = Array.from({ length: 5000 }, (_, i) => `few/${i}`);
    for (const topic of [...topics, ...topics]) await sessions.subscriptionsByTopic(topic);
    expect(asked).toHaveLength(5000);
    waiting = 30_000;
    for (const topic of ['many/1', 'many/2', 'many/3', 'many/1']) await sessions.subscriptionsByTopic(topic);
    expect(asked.slice(5000)).toEqual(['many/1', 'many/2', 'many/3', 'many/1']);
  });
});
