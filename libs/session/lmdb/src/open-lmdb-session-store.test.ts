import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { SessionPacket, SessionStore } from '@seawall/ports';
import { sessionStoreContract } from '@seawall/ports/contract';
import { open } from 'lmdb';
import { openLmdbSessionStore, type LmdbSessionStoreOptions } from './index.ts';

const ALICE = { id: 'alice', clean: false };

let directory: string;
let stores = 0;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'seawall-session-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const newPath = (): string => join(directory, `sessions-${++stores}`);

sessionStoreContract('The LMDB store', (options) => openLmdbSessionStore({ path: newPath(), ...options }));

describe('the LMDB session store', () => {
  let store: SessionStore | undefined;
  afterEach(async () => {
    await store?.destroy();
    store = undefined;
  });

  async function reopen(options: LmdbSessionStoreOptions): Promise<SessionStore> {
    await store?.destroy();
    store = await openLmdbSessionStore(options);
    await store.setup({ id: 'broker-1' });
    return store;
  }

  it('has everything again after it was opened again', async () => {
    const path = newPath();
    const before = await reopen({ path });
    await before.storeRetained({ ...packet(1), retain: true });
    await before.addSubscriptions(ALICE, [{ topic: 'a/+', qos: 1, rap: true, nl: false }]);
    await before.addSubscriptions({ id: 'x'.repeat(5000) }, [{ topic: 'b', qos: 2 }]);
    for (const number of [1, 2, 3]) await before.outgoingEnqueue({ clientId: 'alice' }, packet(number, 2));
    await before.outgoingUpdate(ALICE, { ...packet(1, 2), messageId: 77 });
    await before.outgoingUpdate(ALICE, { ...packet(2, 2), messageId: 78 });
    await before.outgoingUpdate(ALICE, { cmd: 'pubrel', messageId: 77 });
    await before.incomingStorePacket(ALICE, { ...packet(9, 2), messageId: 4 });
    await before.incomingStorePacket({ id: 'clean', clean: true }, { ...packet(9, 2), messageId: 4 });
    await before.putWill(ALICE, { ...packet(8), payload: 'gone' });

    const after = await reopen({ path });
    expect(await after.createRetainedStream('#').toArray()).toMatchObject([{ topic: 'a/b', retain: true }]);
    expect(await after.subscriptionsByTopic('a/b')).toEqual([
      { clientId: 'alice', topic: 'a/+', qos: 1, rap: true, nl: false },
    ]);
    expect(await after.subscriptionsByTopic('b')).toHaveLength(1);
    const queue = (await after.outgoingStream(ALICE).toArray()) as SessionPacket[];
    expect(queue.map(({ cmd, messageId, brokerCounter }) => [cmd, messageId, brokerCounter])).toEqual([
      ['pubrel', 77, undefined],
      ['publish', 78, 2],
      ['publish', undefined, 3],
    ]);
    expect(await after.incomingGetPacket(ALICE, { messageId: 4 })).toMatchObject({ messageId: 4 });
    await expect(after.incomingGetPacket({ id: 'clean' }, { messageId: 4 })).rejects.toThrow('clean');
    expect(await after.streamWill().toArray()).toMatchObject([{ clientId: 'alice', payload: 'gone' }]);
    expect(after.status()).toMatchObject({ retained: 1, sessions: 2, queuedPackets: 3 });
    expect(after.status().bytes).toBeGreaterThan(0);

    await after.outgoingEnqueue({ clientId: 'alice' }, packet(4, 2));
    const numbers = (await after.outgoingStream(ALICE).toArray()) as SessionPacket[];
    expect(numbers.map(({ brokerCounter }) => brokerCounter)).toEqual([undefined, 2, 3, 4]);
  });

  it('has forgotten after it was opened again what was removed before', async () => {
    const path = newPath();
    const before = await reopen({ path });
    await before.storeRetained({ ...packet(1), retain: true });
    await before.storeRetained({ ...packet(1), payload: Buffer.alloc(0), retain: true });
    await before.addSubscriptions(ALICE, [{ topic: 'a', qos: 1 }]);
    await before.removeSubscriptions(ALICE, ['a']);
    await before.outgoingEnqueue({ clientId: 'alice' }, packet(1));
    await before.outgoingUpdate(ALICE, { ...packet(1), messageId: 1 });
    await before.outgoingClearMessageId(ALICE, { messageId: 1 });
    await before.incomingStorePacket(ALICE, { ...packet(1, 2), messageId: 1 });
    await before.cleanIncoming(ALICE);
    await before.putWill(ALICE, packet(1));
    await before.delWill(ALICE);

    const after = await reopen({ path });
    expect(after.status()).toMatchObject({ retained: 0, sessions: 0, queuedPackets: 0, queuedBytes: 0 });
    await expect(after.incomingGetPacket(ALICE, { messageId: 1 })).rejects.toThrow();
    expect(await after.getWill(ALICE)).toBeUndefined();
  });

  it('writes nothing for a publish that no session waits for', async () => {
    const path = newPath();
    const opened = await reopen({ path });
    await opened.addSubscriptions(ALICE, [{ topic: 'other', qos: 1 }]);
    const reader = open<Buffer, Buffer>({ path, noSubdir: false, readOnly: true });
    const before = lastTransaction(reader);
    for (let number = 0; number < 100; number++) {
      const subscriptions = await opened.subscriptionsByTopic('a/b');
      await opened.outgoingEnqueueCombi(subscriptions, packet(number));
      await opened.outgoingClearMessageId({ id: 'publisher', clean: true }, { messageId: number });
      await opened.incomingStorePacket({ id: 'publisher', clean: true }, { ...packet(number, 2), messageId: number });
      await opened.delWill({ id: 'publisher' });
      await opened.addSubscriptions(ALICE, [{ topic: 'other', qos: 1 }]);
    }
    expect(lastTransaction(reader)).toBe(before);
    await opened.storeRetained(packet(1));
    expect(lastTransaction(reader)).toBeGreaterThan(before);
    await reader.close();
  });

  it('drops the oldest when a queue has too many bytes', async () => {
    const opened = await reopen({ path: newPath(), maxQueuedBytesPerClient: 1000 });
    for (const number of [1, 2, 3]) await opened.outgoingEnqueue({ clientId: 'alice' }, big(number));
    expect(await numbersOf(opened, 'alice')).toEqual([2, 3]);
    expect(opened.status()).toMatchObject({ queuedPackets: 2, droppedQueued: 1 });
  });

  describe('whose queues together are full', () => {
    const LIMITS = { maxQueuedBytesPerClient: 2000, maxQueuedBytes: 4300 };

    it('drops the oldest of the largest queue, and nothing of the others', async () => {
      const opened = await reopen({ path: newPath(), ...LIMITS });
      await opened.outgoingEnqueue({ clientId: 'bob' }, big(1));
      for (const number of [2, 3, 4, 5]) await opened.outgoingEnqueue({ clientId: 'alice' }, big(number));
      await opened.outgoingEnqueue({ clientId: 'carol' }, big(6));
      await opened.outgoingEnqueue({ clientId: 'bob' }, big(7));
      expect(await numbersOf(opened, 'alice')).toEqual([4, 5]);
      expect(await numbersOf(opened, 'bob')).toEqual([1, 7]);
      expect(await numbersOf(opened, 'carol')).toEqual([6]);
      expect(opened.status()).toMatchObject({ queuedPackets: 5, droppedQueued: 2 });
      expect(opened.status().queuedBytes).toBeLessThanOrEqual(LIMITS.maxQueuedBytes);
    });

    it('has room for who still comes, however many clients never came back, after it was opened again as well', async () => {
      const path = newPath();
      const dead = Array.from({ length: 33 }, (_, i) => ({ clientId: `dashboard-${i}` }));
      const limits = { path, maxQueuedBytesPerClient: 1000, maxQueuedBytes: 16_000 };
      const before = await reopen(limits);
      for (let number = 1; number <= 10; number++) await before.outgoingEnqueueCombi(dead, big(number));
      await before.outgoingEnqueue({ clientId: 'operations' }, big(11));
      const after = await reopen(limits);
      for (let number = 12; number <= 20; number++) await after.outgoingEnqueueCombi(dead, big(number));
      await after.outgoingEnqueue({ clientId: 'operations' }, big(21));
      expect(await numbersOf(after, 'operations')).toEqual([11, 21]);
      expect(after.status().queuedBytes).toBeLessThanOrEqual(16_000);
    });

    it('drops what was sent to a client that left without an answer where nothing else is left of it', async () => {
      const opened = await reopen({ path: newPath(), ...LIMITS });
      for (const number of [1, 2, 3, 4]) await opened.outgoingEnqueue({ clientId: 'alice' }, big(number));
      for (const number of [1, 2, 3, 4]) await opened.outgoingUpdate(ALICE, { ...big(number), messageId: number });
      for (const number of [5, 6]) await opened.outgoingEnqueue({ clientId: 'bob' }, big(number));
      expect(await numbersOf(opened, 'alice')).toEqual([2, 3, 4]);
      expect(await numbersOf(opened, 'bob')).toEqual([5, 6]);
    });

    it('drops nothing that the broker reads just now to send it', async () => {
      const opened = await reopen({ path: newPath(), ...LIMITS });
      for (const number of [1, 2, 3, 4]) await opened.outgoingEnqueue({ clientId: 'alice' }, big(number));
      const reading = opened.outgoingStream(ALICE)[Symbol.asyncIterator]();
      const first = (await reading.next()).value as SessionPacket;
      for (const number of [5, 6]) await opened.outgoingEnqueue({ clientId: 'bob' }, big(number));
      await expect(opened.outgoingUpdate(ALICE, { ...first, messageId: 1 })).resolves.toBeUndefined();
    });
  });

  it('retains no more topics than it may, and says how many it did not', async () => {
    const opened = await reopen({ path: newPath(), maxRetained: 2 });
    for (const topic of ['a', 'b', 'c']) await opened.storeRetained({ ...packet(1), topic, clientId: 'x' });
    await opened.storeRetained({ ...packet(1), topic: 'a', payload: Buffer.from('newer') });
    expect(opened.status()).toMatchObject({ retained: 2, droppedRetained: 1 });
    expect(await opened.createRetainedStream('a').toArray()).toMatchObject([{ payload: Buffer.from('newer') }]);
    expect(await opened.createRetainedStream('c').toArray()).toEqual([]);
  });

  it('has room beyond for what the hub itself publishes', async () => {
    const opened = await reopen({ path: newPath(), maxRetained: 2, maxRetainedForHub: 1 });
    for (const topic of ['a', 'b', 'c']) await opened.storeRetained({ ...packet(1), topic, clientId: 'x' });
    for (const topic of ['hub', 'too many']) await opened.storeRetained({ ...packet(1), topic });
    await opened.storeRetained({ ...packet(1), topic: 'd', clientId: 'x' });
    expect(await topicsOf(opened)).toEqual(['a', 'b', 'hub']);
    expect(opened.status()).toMatchObject({ retained: 3, droppedRetained: 3 });
  });

  it('refuses a session more subscriptions than it may have', async () => {
    const opened = await reopen({ path: newPath(), maxSubscriptionsPerClient: 1 });
    await opened.addSubscriptions(ALICE, [{ topic: 'a', qos: 1 }]);
    await expect(opened.addSubscriptions(ALICE, [{ topic: 'b', qos: 1 }])).rejects.toThrow('1 subscriptions at most');
    expect(await opened.subscriptionsByTopic('b')).toEqual([]);
    await opened.addSubscriptions(ALICE, [{ topic: 'a', qos: 2 }]);
  });

  describe('whose sessions expire', () => {
    const HOUR = 3_600_000;
    let now = 0;
    const bob = { id: 'bob', clean: false };
    const options = (path: string) => ({ path, sessionExpiryMs: 10 * HOUR, now: () => now });

    async function withTwoSessions(path: string): Promise<SessionStore> {
      now = 5 * HOUR;
      const opened = await reopen(options(path));
      for (const client of [ALICE, bob]) {
        opened.clientCame(client);
        await opened.addSubscriptions(client, [{ topic: 'a', qos: 1 }]);
      }
      opened.clientLeft(ALICE);
      return opened;
    }

    async function sessionsAfter(opened: SessionStore, hours: number): Promise<number> {
      now += hours * HOUR;
      await opened.expireSessions();
      return opened.status().sessions;
    }

    it('knows after it was opened again since when a client is gone, and counts no time in which it was closed', async () => {
      const path = newPath();
      const before = await withTwoSessions(path);
      expect(await sessionsAfter(before, 6)).toBe(2);
      await store?.destroy();
      store = undefined;
      now = 1000 * HOUR;
      const after = await reopen(options(path));
      expect(await sessionsAfter(after, 4)).toBe(2);
      // Bob, who was there until it was closed, has six hours more.
      expect(await sessionsAfter(after, 1)).toBe(1);
      expect(await sessionsAfter(after, 5)).toBe(1);
      expect(await sessionsAfter(after, 1)).toBe(0);
    });

    it('has written down most of the time that clients were gone when the process dies', async () => {
      const path = newPath();
      const before = await withTwoSessions(path);
      expect(await sessionsAfter(before, 9)).toBe(2);
      // Of a process that died nothing else is left than the file.
      const copy = newPath();
      await before.backup(copy);
      const after = await reopen(options(copy));
      expect(await sessionsAfter(after, 1.5)).toBe(1);
    });

    it('gives sessions of a store that did not know of it the whole time', async () => {
      const path = newPath();
      await withTwoSessions(path);
      await store?.destroy();
      store = undefined;
      const older = open<Buffer, Buffer>({ path, noSubdir: false, encoding: 'binary', keyEncoding: 'binary' });
      await older.openDB<Buffer, Buffer>({ name: 'sessions', encoding: 'binary', keyEncoding: 'binary' }).drop();
      await older.close();
      const after = await reopen(options(path));
      expect(await sessionsAfter(after, 10)).toBe(2);
      expect(await sessionsAfter(after, 1)).toBe(0);
    });
  });

  it('refuses a format it does not know in a sentence', async () => {
    const path = newPath();
    const newer = open<Buffer, Buffer>({ path, noSubdir: false, encoding: 'binary', keyEncoding: 'binary' });
    await newer.put(Buffer.from('format'), Buffer.from([9]));
    await newer.close();
    await expect(openLmdbSessionStore({ path })).rejects.toThrow(/have format 9, and this Seawall knows format 3/);
  });
});

/** The number of the last transaction that any process committed to the file. */
function lastTransaction(database: { resetReadTxn(): void; getStats(): object }): number {
  database.resetReadTxn();
  return (database.getStats() as { lastTxnId: number }).lastTxnId;
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

async function topicsOf(store: SessionStore): Promise<unknown[]> {
  return ((await store.createRetainedStream('#').toArray()) as SessionPacket[]).map(({ topic }) => topic);
}

function big(number: number): SessionPacket {
  return { ...packet(number), payload: Buffer.alloc(300, number) };
}

/** What a client's queue holds, by the broker's numbers. */
async function numbersOf(store: SessionStore, id: string): Promise<unknown[]> {
  const queue = (await store.outgoingStream({ id }).toArray()) as SessionPacket[];
  return queue.map(({ brokerCounter }) => brokerCounter);
}
