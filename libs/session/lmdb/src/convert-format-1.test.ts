import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { SessionPacket, SessionStore } from '@seawall/ports';
import fc from 'fast-check';
import { open, type Database, type RootDatabase } from 'lmdb';
import { openLmdbSessionStore, type LmdbSessionStoreOptions } from './index.ts';
import { hashKey, packetKey } from './keys.ts';
import { BYTES_TO_OWE } from './outgoing-queues.ts';
import { ownedPacket } from './owned-packet.ts';
import { encodePacket, queueable } from './packet-codec.ts';

/** A copy of format 1. */
interface Row {
  readonly clientId: string;
  readonly packet: SessionPacket;
  readonly messageId?: number;
}

const CLIENTS = Array.from({ length: 40 }, (_, i) => `client-${i}`);

describe('a session store of format 1', () => {
  let directory: string;
  let stores = 0;
  let store: SessionStore | undefined;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'seawall-format-1-'));
  });
  afterEach(() => close());
  afterAll(() => rm(directory, { recursive: true, force: true }));

  async function close(): Promise<void> {
    await store?.destroy();
    store = undefined;
  }

  async function opened(path: string, options: Partial<LmdbSessionStoreOptions> = {}): Promise<SessionStore> {
    await close();
    store = await openLmdbSessionStore({ path, ...options });
    await store.setup({ id: 'broker-2' });
    return store;
  }

  /** Writes a store of format 1 whose copies have the numbers from 1. */
  async function format1(rows: readonly Row[], incoming: readonly Row[] = []): Promise<string> {
    const path = join(directory, `sessions-${++stores}`);
    await looking(path, async (root, table) => {
      await root.put(Buffer.from('format'), Buffer.from([1]));
      await Promise.all([
        ...rows.map(({ clientId, messageId, packet }, i) =>
          table('outgoing').put(
            packetKey(hashKey(clientId), i + 1),
            ownedPacket(clientId, messageId, encodePacket(packet)),
          ),
        ),
        ...incoming.map(({ clientId, messageId, packet }) =>
          table('incoming').put(
            packetKey(hashKey(clientId), messageId!),
            ownedPacket(clientId, messageId, encodePacket(queueable(packet))),
          ),
        ),
      ]);
    });
    return path;
  }

  async function looking<T>(
    path: string,
    look: (root: RootDatabase<Buffer, Buffer>, table: (name: string) => Database<Buffer, Buffer>) => Promise<T>,
  ): Promise<T> {
    await close();
    const root = open<Buffer, Buffer>({ path, noSubdir: false, encoding: 'binary', keyEncoding: 'binary' });
    try {
      return await look(root, (name) =>
        root.openDB<Buffer, Buffer>({ name, encoding: 'binary', keyEncoding: 'binary' }),
      );
    } finally {
      await root.close();
    }
  }

  /** The format, and how many rows the tables of the queues have. */
  const contents = (path: string) =>
    looking(path, async (root, table) => ({
      format: root.get(Buffer.from('format'))![0],
      rows: ['outgoing', 'messages', 'packets', 'deliveries'].map((name) => [...table(name).getKeys()].length),
    }));

  it('has a message for each publish once it is taken over, however many copies there were', async () => {
    const rows = [1, 2, 3].flatMap((number) => CLIENTS.map((clientId) => ({ clientId, packet: publish(number, 2) })));
    // Of the second, two are sent, and one is received.
    rows[40] = { ...rows[40]!, ...{ messageId: 7 } };
    rows[42] = { ...rows[42]!, ...{ messageId: 8 } };
    rows[41] = { clientId: 'client-1', packet: { cmd: 'pubrel' }, ...{ messageId: 9 } };
    const path = await format1(rows);
    const bytes = encodePacket(publish(1, 2)).length;
    // So full that a copy for each would not fit.
    const limits = { maxQueuedBytes: 121 * BYTES_TO_OWE + 10 * bytes };
    for (let opening = 1; opening <= 2; opening++) {
      expect((await opened(path, limits)).status()).toMatchObject({ sessions: 40, queuedPackets: 120 });
      expect(await owedTo('client-0')).toEqual(['publish 1 -', 'publish 2 7', 'publish 3 -']);
      expect(await owedTo('client-1')).toEqual(['publish 1 -', 'pubrel - 9', 'publish 3 -']);
      expect(await owedTo('client-2')).toEqual(['publish 1 -', 'publish 2 8', 'publish 3 -']);
    }
    await store!.outgoingEnqueue({ clientId: 'client-5' }, publish(4, 2));
    expect(store!.status()).toMatchObject({ queuedPackets: 121, droppedQueued: 0 });
    expect(await contents(path)).toEqual({ format: 3, rows: [0, 5, 5, 3] });
  });

  it('has two messages of two packets that only say the same', async () => {
    const unnamed = { ...publish(1, 1) };
    delete unnamed.brokerId;
    const again = { ...publish(1, 1), brokerCounter: 2 };
    const [a, b] = CLIENTS as [string, string];
    const path = await format1([
      { clientId: a, packet: unnamed },
      { clientId: b, packet: unnamed },
      { clientId: a, packet: publish(1, 1) },
      { clientId: b, packet: publish(1, 1) },
      { clientId: a, packet: again },
      { clientId: b, packet: again },
    ]);
    await opened(path);
    expect(await contents(path)).toEqual({ format: 3, rows: [0, 4, 4, 0] });
  });

  it('owes everybody the same in the same order and state as before', async () => {
    const few = CLIENTS.slice(0, 3);
    const one = fc.record({
      to: fc.array(fc.constantFrom(...few), { minLength: 1, maxLength: 5 }),
      /** What has become of each copy. */
      fates: fc.array(fc.constantFrom('waits', 'sent', 'received', 'gone'), { minLength: 5, maxLength: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(one, { maxLength: 8 }), async (publishes) => {
        const rows: Row[] = [];
        for (const [i, { to, fates }] of publishes.entries()) {
          for (const [k, clientId] of to.entries()) {
            const [fate, messageId] = [fates[k]!, 100 * (i + 1) + k];
            if (fate === 'waits') rows.push({ clientId, packet: publish(i, 2) });
            if (fate === 'sent') rows.push({ clientId, packet: publish(i, 2), messageId });
            if (fate === 'received') rows.push({ clientId, packet: { cmd: 'pubrel' }, messageId });
          }
        }
        const path = await format1(rows);
        for (let opening = 1; opening <= 2; opening++) {
          await opened(path);
          for (const clientId of few) {
            const before = rows.filter((row) => row.clientId === clientId);
            expect(await owedTo(clientId)).toEqual(
              before.map(({ packet, messageId }) => state({ ...packet, messageId })),
            );
          }
        }
        for (const id of few) await store!.cleanSubscriptions({ id, clean: true });
        expect(await contents(path)).toEqual({ format: 3, rows: [0, 0, 0, 0] });
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  it('is refused with a sentence where the disk has no room to take it over, and unchanged', async () => {
    const path = await format1(CLIENTS.map((clientId, i) => ({ clientId, packet: publish(i, 1, 1_000_000) })));
    await expect(opened(path, { freeBytes: () => 30e6 })).rejects.toThrow(
      /^The MQTT sessions in .* are of an older format, and taking them over needs up to 48\.\d MB, of which the disk has 30 MB to give\. Make room and start again\.$/,
    );
    expect(await contents(path)).toEqual({ format: 1, rows: [40, 0, 0, 0] });
    expect((await opened(path, { freeBytes: () => 60e6 })).status()).toMatchObject({ queuedPackets: 40 });
  });

  it('asks for the room of each message once, not of each copy', async () => {
    const path = await format1(CLIENTS.map((clientId) => ({ clientId, packet: publish(1, 1, 1_000_000) })));
    expect((await opened(path, { freeBytes: () => 12e6 })).status()).toMatchObject({ queuedPackets: 40 });
  });

  it('is taken over in steps, and further where the process ended in between; meanwhile no older Seawall takes it', async () => {
    const path = await format1(CLIENTS.map((clientId, i) => ({ clientId, packet: publish(i, 1, 1_000_000) })));
    let asked = 0;
    // As a kill would, it ends between two transactions.
    await expect(opened(path, { hasRoom: () => ++asked < 5 })).rejects.toThrow('Make room and start again.');
    const { format, rows } = await contents(path);
    expect([format, rows[0]]).toEqual([3, 40]);
    expect(rows[1]).toBeGreaterThan(4);
    expect(rows[1]).toBeLessThan(30);
    // The whole would need 48 MB.
    await opened(path, { freeBytes: () => 35e6 });
    expect(store!.status()).toMatchObject({ sessions: 40, queuedPackets: 40 });
    for (const [i, clientId] of CLIENTS.entries()) expect(await owedTo(clientId)).toEqual([`publish ${i} -`]);
    expect(await contents(path)).toEqual({ format: 3, rows: [0, 40, 40, 0] });
  });

  it('keeps of what waits for a PUBREL that it has come, and not what it said', async () => {
    const sent = Array.from({ length: 250 }, (_, i) => ({
      clientId: CLIENTS[i % CLIENTS.length]!,
      packet: publish(i, 2, 5_000),
      messageId: i + 1,
    }));
    const path = await format1([], sent);
    const status = (await opened(path)).status();
    expect(status).toMatchObject({ sessions: 40, incomingPackets: 250 });
    expect(status.incomingBytes).toBeLessThan(250 * 200);
    for (const { clientId: id, messageId } of sent) {
      await store!.incomingGetPacket({ id }, { messageId });
      await store!.incomingDelPacket({ id }, { messageId });
    }
    expect((await opened(path)).status()).toMatchObject({ sessions: 0, incomingPackets: 0 });
  });

  it('opens in format 2 also where there is no room, with what it has', async () => {
    const path = await format1([], [{ clientId: 'client-0', packet: publish(1, 2, 5_000), messageId: 1 }]);
    await looking(path, (root) => root.put(Buffer.from('format'), Buffer.from([2])));
    const status = (await opened(path, { hasRoom: () => false })).status();
    expect(status).toMatchObject({ sessions: 1, incomingPackets: 1 });
    expect(status.incomingBytes).toBeGreaterThan(5_000);
  });

  async function owedTo(id: string): Promise<string[]> {
    return ((await store!.outgoingStream({ id }).toArray()) as SessionPacket[]).map(state);
  }
});

function state({ cmd, brokerCounter, messageId }: SessionPacket): string {
  return [cmd, brokerCounter ?? '-', messageId ?? '-'].join(' ');
}

function publish(brokerCounter: number, qos: number, bytes = 10): SessionPacket {
  const payload = Buffer.alloc(bytes, 'x');
  return { cmd: 'publish', topic: 'a/b', payload, qos, retain: false, dup: false, brokerId: 'broker-1', brokerCounter };
}
