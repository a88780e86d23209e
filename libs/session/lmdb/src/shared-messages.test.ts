import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { SessionPacket, SessionStore } from '@seawall/ports';
import fc from 'fast-check';
import { open, type Database, type RootDatabase } from 'lmdb';
import { encodeDelivery } from './delivery-record.ts';
import { openLmdbSessionStore, type LmdbSessionStoreOptions } from './index.ts';
import { deliveryKey, hashKey, messageKey, messageKeyNumber, packetKey } from './keys.ts';
import { encodeRecipients } from './message-record.ts';
import { ownedPacket } from './owned-packet.ts';
import { encodePacket } from './packet-codec.ts';

const CLIENTS = Array.from({ length: 50 }, (_, i) => ({ id: `client-${i}`, clientId: `client-${i}`, clean: false }));

describe('a message that is owed to many clients', () => {
  let directory: string;
  let stores = 0;
  let store: SessionStore | undefined;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'seawall-shared-'));
  });
  afterEach(() => close());
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const newPath = (): string => join(directory, `sessions-${++stores}`);

  async function close(): Promise<void> {
    await store?.destroy();
    store = undefined;
  }

  async function reopen(path: string, options: Partial<LmdbSessionStoreOptions> = {}): Promise<SessionStore> {
    await close();
    store = await openLmdbSessionStore({ path, ...options });
    await store.setup({ id: 'broker-1' });
    return store;
  }

  /** How many entries the tables of the queues have, of a store that is closed. */
  async function entries(path: string): Promise<{ messages: number; packets: number; deliveries: number }> {
    await close();
    const root = open<Buffer, Buffer>({ path, noSubdir: false, encoding: 'binary', keyEncoding: 'binary' });
    const count = (name: string) =>
      [...root.openDB({ name, encoding: 'binary', keyEncoding: 'binary' }).getKeys()].length;
    const counted = { messages: count('messages'), packets: count('packets'), deliveries: count('deliveries') };
    await root.close();
    return counted;
  }

  /** Changes a table of a store, which is closed before. */
  async function changed(
    path: string,
    name: string,
    change: (table: Database<Buffer, Buffer>, root: RootDatabase<Buffer, Buffer>) => Promise<unknown>,
  ): Promise<void> {
    await close();
    const root = open<Buffer, Buffer>({ path, noSubdir: false, encoding: 'binary', keyEncoding: 'binary' });
    await change(root.openDB({ name, encoding: 'binary', keyEncoding: 'binary' }), root);
    await root.close();
  }

  it('is stored once, until the last of them has it', async () => {
    const path = newPath();
    let opened = await reopen(path);
    await opened.outgoingEnqueueCombi(CLIENTS, packet(1, 2, 100_000));
    expect(opened.status()).toMatchObject({ queuedPackets: 50 });
    expect(opened.status().queuedBytes).toBeLessThan(150_000);
    expect(await entries(path)).toEqual({ messages: 1, packets: 1, deliveries: 0 });

    opened = await reopen(path);
    const last = CLIENTS.at(-1)!;
    for (const client of CLIENTS.slice(0, -1)) await receive(opened, client, packet(1, 2));
    await opened.outgoingUpdate(last, { ...packet(1, 2), messageId: 8 });
    expect(await entries(path)).toEqual({ messages: 1, packets: 1, deliveries: 50 });

    opened = await reopen(path);
    expect(opened.status()).toMatchObject({ queuedPackets: 1, sessions: 1 });
    const [owed] = (await opened.outgoingStream(last).toArray()) as SessionPacket[];
    expect(owed).toMatchObject({ messageId: 8, brokerCounter: 1, payload: Buffer.alloc(100_000, 'x') });
    await opened.outgoingUpdate(last, { cmd: 'pubrel', messageId: 8 });
    await opened.outgoingClearMessageId(last, { messageId: 8 });
    expect(opened.status()).toMatchObject({ queuedPackets: 0, queuedBytes: 0 });
    expect(await entries(path)).toEqual({ messages: 0, packets: 0, deliveries: 0 });
  });

  it('goes with the sessions of all of them', async () => {
    const path = newPath();
    let now = 0;
    const opened = await reopen(path, { sessionExpiryMs: 1000, now: () => now });
    for (const number of [1, 2, 3]) await opened.outgoingEnqueueCombi(CLIENTS, packet(number));
    now = 1001;
    await opened.expireSessions();
    expect(opened.status()).toMatchObject({ sessions: 0, expiredSessions: 50, queuedPackets: 0, queuedBytes: 0 });
    expect(await entries(path)).toEqual({ messages: 0, packets: 0, deliveries: 0 });
  });

  it('gives way in the full queues of those who do not come back, and leaves nothing', async () => {
    const path = newPath();
    const opened = await reopen(path, { maxQueuedPerClient: 2 });
    for (const number of [1, 2, 3, 4]) await opened.outgoingEnqueueCombi(CLIENTS, packet(number));
    expect(opened.status()).toMatchObject({ queuedPackets: 100, droppedQueued: 100 });
    expect(await entries(path)).toEqual({ messages: 2, packets: 2, deliveries: 0 });
  });

  it('leaves a packet where the process dies before its recipients or after them; the next start removes it', async () => {
    const path = newPath();
    await (await reopen(path)).outgoingEnqueue(CLIENTS[0]!, packet(1));
    await changed(path, 'packets', (packets) => packets.put(messageKey(3), encodePacket(packet(3))));
    const opened = await reopen(path);
    await opened.outgoingEnqueue(CLIENTS[0]!, packet(4));
    expect(await owedTo(opened, 'client-0')).toEqual(['publish 1 -', 'publish 4 -']);
    await changed(path, 'messages', async (messages) => {
      // The number after the one that was taken.
      expect([...messages.getKeys()].map(messageKeyNumber)).toEqual([1, 4]);
      await messages.remove(messageKey(4));
    });
    expect(await owedTo(await reopen(path), 'client-0')).toEqual(['publish 1 -']);
    expect(await entries(path)).toEqual({ messages: 1, packets: 1, deliveries: 0 });
  });

  it('that has lost its packet to a failing disk is not owed to anybody', async () => {
    const path = newPath();
    const opened = await reopen(path);
    for (const number of [1, 2]) await opened.outgoingEnqueueCombi(CLIENTS, packet(number));
    await changed(path, 'packets', (packets) => packets.remove(messageKey(1)));
    expect((await reopen(path)).status()).toMatchObject({ queuedPackets: 50 });
    expect(await entries(path)).toEqual({ messages: 1, packets: 1, deliveries: 0 });
  });

  it('had its recipients before it in format 2, and is delivered as it is', async () => {
    const path = newPath();
    const recipients = CLIENTS.slice(0, 3).map(({ id }) => id);
    const whole = (number: number, qos: number) =>
      Buffer.concat([encodeRecipients(recipients), encodePacket(packet(number, qos))]);
    await (await reopen(path)).setup({ id: 'broker-1' });
    await changed(path, 'messages', async (messages, root) => {
      await messages.put(messageKey(1), whole(1, 1));
      await messages.put(messageKey(2), whole(2, 2));
      await root.put(Buffer.from('format'), Buffer.from([2]));
    });
    await changed(path, 'deliveries', async (deliveries) => {
      await deliveries.put(deliveryKey(1, 0), encodeDelivery({ stage: 'over', messageId: undefined }));
      await deliveries.put(deliveryKey(2, 1), encodeDelivery({ stage: 'sent', messageId: 70 }));
      await deliveries.put(deliveryKey(2, 2), encodeDelivery({ stage: 'received', messageId: 71 }));
    });
    for (let opening = 1; opening <= 2; opening++) {
      const opened = await reopen(path);
      expect(opened.status()).toMatchObject({ sessions: 3, queuedPackets: opening === 1 ? 5 : 8 });
      expect((await owedTo(opened, 'client-0')).slice(0, 1)).toEqual(['publish 2 -']);
      expect((await owedTo(opened, 'client-1')).slice(0, 2)).toEqual(['publish 1 -', 'publish 2 70']);
      expect((await owedTo(opened, 'client-2')).slice(0, 2)).toEqual(['publish 1 -', 'pubrel - 71']);
      if (opening === 1) await opened.outgoingEnqueueCombi(CLIENTS.slice(0, 3), packet(3));
    }
    for (const client of CLIENTS.slice(0, 3)) await store!.cleanSubscriptions({ ...client, clean: true });
    expect(store!.status()).toMatchObject({ queuedPackets: 0, queuedBytes: 0 });
    expect(await entries(path)).toEqual({ messages: 0, packets: 0, deliveries: 0 });
    await changed(path, 'messages', async (_, root) => expect([...root.get(Buffer.from('format'))!]).toEqual([3]));
  });

  it.each([
    ['has its packet set apart where they are many, as far as there is room', () => true, 60],
    ['stays whole where there is no room', () => false, 0],
  ])('of format 2 %s', async (_, hasRoom, apart) => {
    const path = newPath();
    const ids = CLIENTS.map(({ id }) => id);
    await reopen(path);
    await changed(path, 'messages', async (messages, root) => {
      for (let number = 1; number <= 70; number++) {
        const recipients = encodeRecipients(number <= 60 ? ids : ids.slice(0, 3));
        await messages.put(messageKey(number), Buffer.concat([recipients, encodePacket(packet(number, 2))]));
      }
      await root.put(Buffer.from('format'), Buffer.from([2]));
    });
    await changed(path, 'deliveries', (deliveries) =>
      deliveries.put(deliveryKey(2, 49), encodeDelivery({ stage: 'sent', messageId: 70 })),
    );
    const owed = async () => Promise.all(['client-0', 'client-49'].map((id) => owedTo(store!, id)));
    await reopen(path, { hasRoom });
    const [first, last] = await owed();
    expect(first).toEqual(Array.from({ length: 70 }, (_, i) => `publish ${i + 1} -`));
    expect(last!.slice(0, 3)).toEqual(['publish 1 -', 'publish 2 70', 'publish 3 -']);
    expect(await entries(path)).toEqual({ messages: 70, packets: apart, deliveries: 1 });
    await reopen(path);
    expect(await owed()).toEqual([first, last]);
    for (const client of CLIENTS) await store!.cleanSubscriptions({ ...client, clean: true });
    expect(await entries(path)).toEqual({ messages: 0, packets: 0, deliveries: 0 });
  });

  it('leaves notes where the process dies between its removal and theirs; the next start removes them', async () => {
    const path = newPath();
    await reopen(path);
    // "Over", of the first recipient of a seventh message.
    await changed(path, 'deliveries', (deliveries) => deliveries.put(deliveryKey(7, 0), Buffer.from([2, 0, 0])));
    const opened = await reopen(path);
    for (let number = 1; number <= 8; number++) await opened.outgoingEnqueue(CLIENTS[0]!, packet(number));
    expect(await entries(path)).toEqual({ messages: 8, packets: 8, deliveries: 0 });
    expect((await reopen(path)).status().queuedPackets).toBe(8);
  });

  it('was a copy for each of them in format 1, which is taken over', async () => {
    const path = newPath();
    const root = open<Buffer, Buffer>({ path, noSubdir: false, encoding: 'binary', keyEncoding: 'binary' });
    await root.put(Buffer.from('format'), Buffer.from([1]));
    const outgoing = root.openDB<Buffer, Buffer>({ name: 'outgoing', encoding: 'binary', keyEncoding: 'binary' });
    const put = (clientId: string, number: number, messageId: number | undefined, stored: SessionPacket) =>
      outgoing.put(packetKey(hashKey(clientId), number), ownedPacket(clientId, messageId, encodePacket(stored)));
    await put('client-0', 1, undefined, packet(1));
    await put('client-1', 2, undefined, packet(1));
    await put('client-0', 3, 70, packet(2, 2));
    await put('client-0', 4, 71, { cmd: 'pubrel' });
    await put('client-0', 5, undefined, packet(5));
    await root.close();
    for (let opening = 1; opening <= 2; opening++) {
      const opened = await reopen(path);
      expect(opened.status()).toMatchObject({ sessions: 2, queuedPackets: 5 });
      expect(await owedTo(opened, 'client-1')).toEqual(['publish 1 -']);
      expect(await owedTo(opened, 'client-0')).toEqual(['publish 1 -', 'publish 2 70', 'pubrel - 71', 'publish 5 -']);
    }
    await receive(store!, CLIENTS[1]!, packet(1));
    expect(await owedTo(store!, 'client-1')).toEqual([]);
  });

  it('is owed to the same clients, in the same order and state, after the store was opened again', async () => {
    const few = CLIENTS.slice(0, 3);
    const client = fc.constantFrom(...few);
    const step = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constant('publish' as const),
          to: fc.array(client, { minLength: 1, maxLength: 5 }),
          qos: fc.constantFrom(1, 2),
        }),
      },
      {
        weight: 4,
        arbitrary: fc.record({
          kind: fc.constantFrom('send' as const, 'receive' as const, 'finish' as const),
          by: client,
          which: fc.nat(3),
        }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('clean' as const), by: client }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const path = newPath();
        const before = await reopen(path, { maxQueuedPerClient: 4 });
        let number = 0;
        for (const next of steps) {
          number++;
          if (next.kind === 'publish') await before.outgoingEnqueueCombi(next.to, packet(number, next.qos));
          else if (next.kind === 'clean') await before.cleanSubscriptions({ ...next.by, clean: true });
          else await proceed(before, next.kind, next.by, next.which, number);
        }
        const states = async (of: SessionStore) => Promise.all(few.map(({ id }) => owedTo(of, id)));
        const { queuedPackets, queuedBytes, sessions } = before.status();
        const then = await states(before);
        const after = await reopen(path, { maxQueuedPerClient: 4 });
        expect(await states(after)).toEqual(then);
        expect(after.status()).toMatchObject({ queuedPackets, queuedBytes, sessions });
        for (const { id } of few) await after.cleanSubscriptions({ id, clean: true });
        expect(after.status()).toMatchObject({ queuedPackets: 0, queuedBytes: 0 });
        expect(await entries(path)).toEqual({ messages: 0, packets: 0, deliveries: 0 });
      }),
      { numRuns: 40 },
    );
  }, 60_000);
});

/** One step in the delivery of one of the packets owed to a client, if it is at that step. */
async function proceed(
  store: SessionStore,
  kind: 'send' | 'receive' | 'finish',
  client: { id: string },
  which: number,
  messageId: number,
): Promise<void> {
  const owed = ((await store.outgoingStream(client).toArray()) as SessionPacket[])[which];
  if (owed === undefined) return;
  if (kind === 'send' && owed.messageId === undefined) await store.outgoingUpdate(client, { ...owed, messageId });
  if (kind === 'receive' && owed.qos === 2 && owed.messageId !== undefined)
    await store.outgoingUpdate(client, { cmd: 'pubrel', messageId: owed.messageId });
  if (kind === 'finish' && owed.messageId !== undefined)
    await store.outgoingClearMessageId(client, { messageId: owed.messageId });
}

async function receive(store: SessionStore, client: { id: string }, sent: SessionPacket): Promise<void> {
  await store.outgoingUpdate(client, { ...sent, messageId: 9 });
  await store.outgoingClearMessageId(client, { messageId: 9 });
}

/** What is owed, the identifiers of QoS 1 left out: a restart may forget them. */
async function owedTo(store: SessionStore, id: string): Promise<string[]> {
  const queue = (await store.outgoingStream({ id }).toArray()) as SessionPacket[];
  return queue.map(({ cmd, qos, brokerCounter, messageId }) =>
    [cmd, brokerCounter ?? '-', qos === 1 ? '-' : (messageId ?? '-')].join(' '),
  );
}

function packet(number: number, qos = 1, bytes = 10): SessionPacket {
  const payload = Buffer.alloc(bytes, 'x');
  const name = { brokerId: 'broker-1', brokerCounter: number };
  return { cmd: 'publish', topic: 'a/b', payload, qos, retain: false, dup: false, ...name };
}
