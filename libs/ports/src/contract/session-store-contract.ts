import type { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { UnknownPacketError, type SessionPacket, type SessionStore } from '../session-store.ts';

const ALICE = { id: 'alice', clean: false };
const BOB = { id: 'bob', clean: false };

const EXPIRY_MS = 60_000;

/** How the contract wants a store opened. */
export interface SessionStoreContractOptions {
  readonly maxQueuedPerClient: number;
  readonly maxIncomingBytesPerClient: number;
  readonly maxIncomingBytes: number;
  readonly maxGoneSessions: number;
  readonly sessionExpiryMs: number;
  readonly now: () => number;
}

/**
 * What every session store must do, in the words of MQTT 3.1.1, and within which bounds.
 * @param open an empty store
 */
export function sessionStoreContract(
  name: string,
  open: (options: SessionStoreContractOptions) => Promise<SessionStore>,
): void {
  describe(`${name} as a session store`, () => {
    let store: SessionStore;
    let now: number;
    beforeEach(async () => {
      now = 1_000_000;
      store = await open({
        maxQueuedPerClient: 3,
        maxIncomingBytesPerClient: 25_000,
        maxIncomingBytes: 45_000,
        maxGoneSessions: 2,
        sessionExpiryMs: EXPIRY_MS,
        now: () => now,
      });
      await store.setup({ id: 'broker-1' });
    });
    afterEach(() => store.destroy());

    describe('retained messages', () => {
      it('keeps the last of each topic, until an empty one comes', async () => {
        await store.storeRetained(retained('a/b', 'one'));
        await store.storeRetained(retained('a/b', 'two'));
        await store.storeRetained(retained('a/c', 'three'));
        expect(await texts(store.createRetainedStream('a/b'))).toEqual(['two']);
        await store.storeRetained(retained('a/b', ''));
        expect(await texts(store.createRetainedStream('#'))).toEqual(['three']);
        expect(store.status().retained).toBe(1);
        await store.storeRetained(retained('never/was', ''));
        expect(store.status().retained).toBe(1);
      });

      it('matches filters as MQTT does', async () => {
        const topics = ['a', 'a/b', 'a/b/c', 'ab/c', '/a', 'a/', '$SYS/x', 'é/b', `long/${'x'.repeat(3000)}/y`];
        for (const topic of topics) await store.storeRetained(retained(topic, topic));
        const found = async (filter: string) => (await texts(store.createRetainedStream(filter))).sort();
        expect(await found('a')).toEqual(['a']);
        expect(await found('a/#')).toEqual(['a', 'a/', 'a/b', 'a/b/c']);
        expect(await found('a/+')).toEqual(['a/', 'a/b']);
        expect(await found('+/b/#')).toEqual(['a/b', 'a/b/c', 'é/b']);
        expect(await found('+/+')).toEqual(['/a', 'a/', 'a/b', 'ab/c', 'é/b']);
        expect(await found('#')).toEqual(topics.filter((topic) => !topic.startsWith('$')).sort());
        expect(await found('$SYS/#')).toEqual(['$SYS/x']);
        expect(await found(topics.at(-1)!)).toEqual([topics.at(-1)]);
        expect(await found('long/+/y')).toEqual([topics.at(-1)]);
        expect(await found('b')).toEqual([]);
      });

      it('gives many in one stream, each once', async () => {
        const topics = Array.from({ length: 450 }, (_, i) => `city/traffic/device-${i}/status`);
        await Promise.all(topics.map((topic) => store.storeRetained(retained(topic, topic))));
        await store.storeRetained(retained('city/traffic', 'other'));
        const found = await texts(store.createRetainedStreamCombi(['city/traffic/+/status']));
        expect(found.sort()).toEqual([...topics].sort());
      });
    });

    describe('subscriptions', () => {
      it('gives back all of a session, and matches those of QoS 1 and 2', async () => {
        await store.addSubscriptions(ALICE, [
          { topic: 'a/+', qos: 1 },
          { topic: 'a/#', qos: 2 },
          { topic: 'a/b', qos: 0 },
        ]);
        await store.addSubscriptions(BOB, [{ topic: '#', qos: 1 }]);
        const all = await store.subscriptionsByClient(ALICE);
        expect(all.map(({ topic, qos }) => `${topic} ${qos}`).sort()).toEqual(['a/# 2', 'a/+ 1', 'a/b 0']);
        expect(await matching('a/b')).toEqual(['alice a/# 2', 'alice a/+ 1', 'bob # 1']);
        expect(await matching('a')).toEqual(['alice a/# 2', 'bob # 1']);
        expect(await matching('$SYS/x')).toEqual([]);
        expect(await store.countOffline()).toEqual({ subsCount: 3, clientsCount: 2 });
      });

      it('replaces, removes and forgets them', async () => {
        await store.addSubscriptions(ALICE, [{ topic: 'a', qos: 1 }]);
        await store.addSubscriptions(BOB, [{ topic: 'a', qos: 1 }]);
        await store.addSubscriptions(ALICE, [{ topic: 'a', qos: 0 }]);
        expect(await matching('a')).toEqual(['bob a 1']);
        await store.removeSubscriptions(BOB, ['a', 'unknown']);
        expect(await matching('a')).toEqual([]);
        expect(await store.subscriptionsByClient(BOB)).toEqual([]);
        await store.cleanSubscriptions(ALICE);
        expect(await store.subscriptionsByClient(ALICE)).toEqual([]);
        expect(store.status().sessions).toBe(0);
      });

      async function matching(topic: string): Promise<string[]> {
        const found = await store.subscriptionsByTopic(topic);
        return found.map(({ clientId, topic: filter, qos }) => `${clientId} ${filter} ${qos}`).sort();
      }
    });

    describe('queues', () => {
      it('keeps packets for each client in order, until they are acknowledged', async () => {
        await store.outgoingEnqueueCombi([{ clientId: 'alice' }, { clientId: 'bob' }], packet(1));
        await store.outgoingEnqueue({ clientId: 'alice' }, packet(2));
        await store.outgoingUpdate(ALICE, { ...packet(1), messageId: 700 });
        await store.outgoingUpdate(ALICE, { ...packet(2), messageId: 701 });
        const cleared = await store.outgoingClearMessageId(ALICE, { messageId: 700 });
        expect(String(cleared?.payload)).toBe('packet 1');
        expect(await queued(ALICE)).toEqual(['packet 2 701']);
        expect(await queued(BOB)).toEqual(['packet 1 undefined']);
        expect(await store.outgoingClearMessageId(ALICE, { messageId: 700 })).toBeUndefined();
        expect(store.status().queuedPackets).toBe(2);
      });

      it('refuses to note the identifier of a packet it does not hold', async () => {
        const refused = async (update: SessionPacket) => {
          await expect(store.outgoingUpdate(ALICE, update)).rejects.toThrow('alice');
          await expect(store.outgoingUpdate(ALICE, update)).rejects.toThrow(UnknownPacketError);
        };
        await refused({ ...packet(1), messageId: 1 });
        await store.outgoingEnqueue({ clientId: 'alice' }, packet(1));
        await refused({ cmd: 'pubrel', messageId: 1 });
      });

      it('puts a PUBREL into the place of its QoS 2 packet, until PUBCOMP', async () => {
        await store.outgoingEnqueue({ clientId: 'alice' }, packet(1, 2));
        await store.outgoingEnqueue({ clientId: 'alice' }, packet(2, 2));
        await store.outgoingUpdate(ALICE, { ...packet(1, 2), messageId: 5 });
        await store.outgoingUpdate(ALICE, { ...packet(2, 2), messageId: 6 });
        await store.outgoingUpdate(ALICE, { cmd: 'pubrel', messageId: 6 });
        await store.outgoingUpdate(ALICE, { cmd: 'pubrel', messageId: 5 });
        const list = (await store.outgoingStream(ALICE).toArray()) as SessionPacket[];
        expect(list.map(({ cmd, messageId }) => ({ cmd, messageId }))).toEqual([
          { cmd: 'pubrel', messageId: 5 },
          { cmd: 'pubrel', messageId: 6 },
        ]);
        // Sent again after a reconnect, the PUBREL comes with a place of its own in the broker's count.
        await store.outgoingUpdate(ALICE, { cmd: 'pubrel', messageId: 5, brokerId: 'broker-1', brokerCounter: 2 });
        await store.outgoingClearMessageId(ALICE, { messageId: 5 });
        await store.outgoingClearMessageId(ALICE, { messageId: 6 });
        expect(await queued(ALICE)).toEqual([]);
      });

      it('tells two copies of one packet apart, as overlapping subscriptions make them', async () => {
        await store.outgoingEnqueueCombi([{ clientId: 'alice' }, { clientId: 'alice' }], packet(1));
        // One is being sent, the other is dropped as a duplicate before it has an identifier.
        await store.outgoingClearMessageId(ALICE, packet(1));
        await store.outgoingUpdate(ALICE, { ...packet(1), messageId: 9 });
        await store.outgoingClearMessageId(ALICE, packet(1));
        expect(await queued(ALICE)).toEqual(['packet 1 9']);
        await store.outgoingUpdate(ALICE, { ...packet(1), messageId: 9 });
        expect(await queued(ALICE)).toEqual(['packet 1 9']);
      });

      it('drops the oldest that was never sent when a queue is full, and counts it', async () => {
        for (const number of [1, 2, 3]) await store.outgoingEnqueue({ clientId: 'alice' }, packet(number));
        await store.outgoingUpdate(ALICE, { ...packet(1), messageId: 1 });
        await store.outgoingEnqueue({ clientId: 'alice' }, packet(4));
        expect(await queued(ALICE)).toEqual(['packet 1 1', 'packet 3 undefined', 'packet 4 undefined']);
        expect(store.status()).toMatchObject({ queuedPackets: 3, droppedQueued: 1 });
      });

      it('forgets what is queued for a client that comes with a clean session', async () => {
        await store.outgoingEnqueue({ clientId: 'alice' }, packet(1));
        await store.cleanSubscriptions({ id: 'alice', clean: true });
        expect(await queued(ALICE)).toEqual([]);
        expect(store.status()).toMatchObject({ queuedPackets: 0, queuedBytes: 0 });
      });

      it('keeps a copy: what happens to a packet later does not reach it', async () => {
        const mine = packet(1);
        await store.outgoingEnqueue({ clientId: 'alice' }, mine);
        mine.topic = 'changed';
        const [kept] = (await store.outgoingStream(ALICE).toArray()) as SessionPacket[];
        expect(kept?.topic).toBe('a/b');
      });

      async function queued(client: { id: string }): Promise<string[]> {
        const list = (await store.outgoingStream(client).toArray()) as SessionPacket[];
        return list.map(({ payload, messageId }) => `${String(payload)} ${messageId}`);
      }
    });

    describe.each([false, true])('incoming QoS 2 packets of a client with clean=%s', (clean) => {
      const client = { id: 'alice', clean };

      it('knows them until PUBREL', async () => {
        await store.incomingStorePacket(client, { ...packet(1, 2), messageId: 3 });
        expect(await store.incomingGetPacket(client, { messageId: 3 })).toMatchObject({ topic: 'a/b', messageId: 3 });
        await expect(store.incomingGetPacket(BOB, { messageId: 3 })).rejects.toThrow('bob');
        await store.incomingDelPacket(client, { messageId: 3 });
        await expect(store.incomingGetPacket(client, { messageId: 3 })).rejects.toThrow('alice');
        await expect(store.incomingDelPacket(client, { messageId: 3 })).rejects.toThrow('alice');
      });

      it('forgets all of a client at once', async () => {
        for (const messageId of [3, 4]) await store.incomingStorePacket(client, { ...packet(1, 2), messageId });
        await store.incomingStorePacket(BOB, { ...packet(1, 2), messageId: 3 });
        await store.cleanIncoming(client);
        await expect(store.incomingGetPacket(client, { messageId: 4 })).rejects.toThrow('alice');
        expect(await store.incomingGetPacket(BOB, { messageId: 3 })).toMatchObject({ messageId: 3 });
      });
    });

    describe('sessions', () => {
      let ended: string[];
      beforeEach(() => {
        ended = [];
        store.onSessionEnded((clientId) => ended.push(clientId));
      });

      it('end when their clients have been gone for too long, with all that belongs to them', async () => {
        await subscribed(ALICE);
        await subscribed(BOB);
        await store.outgoingEnqueueCombi([{ clientId: 'alice' }, { clientId: 'bob' }], packet(1));
        await store.incomingStorePacket(ALICE, { ...packet(2, 2), messageId: 4 });
        now += EXPIRY_MS;
        store.clientLeft(ALICE);
        await store.expireSessions();
        expect(ended).toEqual([]);
        now += EXPIRY_MS + 1;
        await store.expireSessions();
        expect(ended).toEqual(['alice']);
        expect(await store.subscriptionsByClient(ALICE)).toEqual([]);
        expect(await store.subscriptionsByTopic('a/b')).toMatchObject([{ clientId: 'bob' }]);
        expect(await store.outgoingStream(ALICE).toArray()).toEqual([]);
        await expect(store.incomingGetPacket(ALICE, { messageId: 4 })).rejects.toThrow('alice');
        expect(store.status()).toMatchObject({
          sessions: 1,
          expiredSessions: 1,
          displacedSessions: 0,
          queuedPackets: 1,
        });
      });

      it('begin anew to wait when their clients come back, by whichever connection', async () => {
        const [first, second] = [{ ...ALICE }, { ...ALICE }];
        await subscribed(first);
        store.clientLeft(first);
        now += EXPIRY_MS - 1;
        store.clientCame(first);
        // As the broker does it where a client comes by a new connection before the old one is closed.
        store.clientCame(second);
        store.clientLeft(first);
        now += EXPIRY_MS + 1;
        await store.expireSessions();
        store.clientLeft(second);
        now += EXPIRY_MS;
        await store.expireSessions();
        expect(ended).toEqual([]);
        now += 1;
        await store.expireSessions();
        expect(ended).toEqual(['alice']);
      });

      it('give way where the clients of too many are gone: the one that has been gone for the longest', async () => {
        const [one, two, three] = ['one', 'two', 'three'].map((id) => ({ id, clean: false }));
        for (const client of [one!, two!, three!]) await subscribed(client);
        store.clientLeft(three!);
        now += 1;
        store.clientLeft(two!);
        await subscribed({ id: 'one', clean: false });
        expect(ended).toEqual([]);
        await subscribed({ id: 'four', clean: false });
        expect(ended).toEqual(['three']);
        expect(store.status()).toMatchObject({ sessions: 3, displacedSessions: 1, expiredSessions: 0 });
      });

      it('are as many as there are clients, and give way to no packet that a client sends', async () => {
        const clients = ['one', 'two', 'three', 'four', 'five'].map((id) => ({ id, clean: false }));
        for (const client of clients) await subscribed(client);
        for (const client of clients.slice(0, 2)) store.clientLeft(client);
        const sender = { id: 'six', clean: false };
        store.clientCame(sender);
        await store.incomingStorePacket(sender, { ...packet(1, 2), messageId: 1 });
        expect(ended).toEqual([]);
        expect(store.status()).toMatchObject({ sessions: 6, displacedSessions: 0 });
      });

      it('are those of which anything is kept', async () => {
        store.clientCame(ALICE);
        expect(store.status().sessions).toBe(0);
        await store.incomingStorePacket(ALICE, { ...packet(1, 2), messageId: 1 });
        expect(store.status().sessions).toBe(1);
        await store.incomingDelPacket(ALICE, { messageId: 1 });
        expect(store.status().sessions).toBe(0);
        await subscribed(BOB);
        await store.outgoingEnqueue({ clientId: 'bob' }, packet(1));
        await store.outgoingUpdate(BOB, { ...packet(1), messageId: 7 });
        await store.removeSubscriptions(BOB, ['a/#']);
        expect(store.status().sessions).toBe(1);
        await store.outgoingClearMessageId(BOB, { messageId: 7 });
        expect(store.status().sessions).toBe(0);
      });

      /** Of a client that is connected. */
      async function subscribed(client: { id: string; clean: boolean }): Promise<void> {
        store.clientCame(client);
        await store.addSubscriptions(client, [{ topic: 'a/#', qos: 1 }]);
      }
    });

    describe('incoming QoS 2 packets whose PUBREL does not come', () => {
      const [one, two, three] = [BOB, { id: 'two', clean: true }, { id: 'three', clean: true }];
      const big = (messageId: number) => ({ ...packet(1, 2), payload: Buffer.alloc(10_000, 1), messageId });

      it('are refused beyond a number of bytes of one client, and counted', async () => {
        for (const messageId of [1, 2]) await store.incomingStorePacket(two, big(messageId));
        await expect(store.incomingStorePacket(two, big(3))).rejects.toThrow('two');
        await expect(store.incomingGetPacket(two, { messageId: 3 })).rejects.toThrow('two');
        expect(store.status()).toMatchObject({ incomingPackets: 2, refusedIncoming: 1 });
        expect(store.status().incomingBytes).toBeLessThan(25_000);
        await store.incomingDelPacket(two, { messageId: 1 });
        await store.incomingStorePacket(two, big(3));
        await store.cleanIncoming(two);
        expect(store.status()).toMatchObject({ incomingPackets: 0, incomingBytes: 0 });
      });

      it('make room, where all together are full, by the session of one who is gone', async () => {
        for (const client of [one, two, three]) store.clientCame(client);
        for (const messageId of [1, 2]) await store.incomingStorePacket(one, big(messageId));
        for (const messageId of [1, 2]) await store.incomingStorePacket(two, big(messageId));
        await expect(store.incomingStorePacket(three, big(1))).rejects.toThrow();
        expect(store.status()).toMatchObject({ incomingPackets: 4, refusedIncoming: 1 });
        store.clientLeft(one);
        await store.incomingStorePacket(three, big(1));
        expect(store.status()).toMatchObject({ sessions: 0, incomingPackets: 3, displacedSessions: 1 });
      });
    });

    it('keeps wills with the broker they were left with, until they are taken', async () => {
      const will = { topic: 'a/status', payload: Buffer.from('offline'), qos: 1, retain: true };
      await store.putWill(ALICE, will);
      expect(will).toMatchObject({ clientId: 'alice', brokerId: 'broker-1' });
      expect(await store.getWill(ALICE)).toMatchObject({ topic: 'a/status', clientId: 'alice' });
      expect(await store.streamWill({ 'broker-1': 1 }).toArray()).toEqual([]);
      expect(await store.streamWill({ 'broker-2': 1 }).toArray()).toHaveLength(1);
      expect(await store.delWill(ALICE)).toMatchObject({ topic: 'a/status' });
      expect(await store.delWill(ALICE)).toBeUndefined();
      expect(await store.getWill(ALICE)).toBeUndefined();
      expect(await store.streamWill().toArray()).toEqual([]);
    });
  });
}

function retained(topic: string, payload: string): SessionPacket {
  return { cmd: 'publish', topic, payload: Buffer.from(payload), qos: 1, retain: true };
}

function packet(number: number, qos = 1): SessionPacket {
  return {
    cmd: 'publish',
    topic: 'a/b',
    payload: Buffer.from(`packet ${number}`),
    qos,
    retain: false,
    dup: false,
    brokerId: 'broker-1',
    brokerCounter: number,
  };
}

async function texts(stream: Readable): Promise<string[]> {
  const packets = (await stream.toArray()) as SessionPacket[];
  return packets.map(({ payload }) => String(payload));
}
