import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { SessionPacket } from '@seawall/ports';
import { open, type Database, type RootDatabase } from 'lmdb';
import { DEFAULT_LIMITS } from './open-lmdb-session-store.ts';
import { OutgoingQueues, type QueueTables } from './outgoing-queues.ts';

const PAYLOAD_BYTES = 100;

describe('what the delivery of a message to many touches on disk', () => {
  let path: string;
  let root: RootDatabase<Buffer, Buffer>;
  const touched = { rows: 0, bytes: 0 };
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'seawall-touched-'));
    root = open({ path, noSubdir: false, encoding: 'binary', keyEncoding: 'binary' });
    Object.assign(touched, { rows: 0, bytes: 0 });
  });
  afterEach(async () => {
    await root.close();
    await rm(path, { recursive: true, force: true });
  });

  function touch(bytes = 0): void {
    touched.rows++;
    touched.bytes += bytes;
  }

  /** A table that counts what is read of it and written to it. */
  function table(name: string): Database<Buffer, Buffer> {
    const db = root.openDB<Buffer, Buffer>({ name: `${path}-${name}`, encoding: 'binary', keyEncoding: 'binary' });
    const [get, put, remove] = [db.get.bind(db), db.put.bind(db), db.remove.bind(db)];
    return Object.assign(db, {
      get: (key: Buffer) => {
        const value = get(key);
        touch(value?.length);
        return value;
      },
      put: (key: Buffer, value: Buffer) => {
        touch(value.length);
        return put(key, value);
      },
      remove: (key: Buffer) => {
        touch();
        return remove(key);
      },
    });
  }

  /** All that is touched from the message's coming until its last recipient has it, per recipient. */
  async function perRecipient(recipients: number, qos: number, deliver: Delivery) {
    const names = ['messages', 'packets', 'deliveries'] as const;
    const tables = Object.fromEntries(names.map((name) => [name, table(`${name}-${recipients}-${qos}`)]));
    const queues = new OutgoingQueues(tables as unknown as QueueTables, DEFAULT_LIMITS);
    const clientIds = Array.from({ length: recipients }, (_, i) => `a-rather-long-client-id-${10_000 + i}`);
    Object.assign(touched, { rows: 0, bytes: 0 });
    await queues.enqueue(clientIds, packet(qos));
    await Promise.all(clientIds.map((clientId) => deliver(queues, clientId)));
    expect(queues.packets).toBe(0);
    return { rows: touched.rows / recipients, bytes: touched.bytes / recipients };
  }

  it.each([
    ['QoS 1, sent and acknowledged', 1, acknowledged],
    ['QoS 2, sent, received and complete', 2, completed],
    ['a queue that is given up', 1, givenUp],
  ])('does not grow with the number of those who wait for it: %s', async (_, qos, deliver) => {
    const few = await perRecipient(20, qos, deliver);
    const many = await perRecipient(2_000, qos, deliver);
    expect(many.rows).toBeLessThanOrEqual(few.rows);
    expect(many.bytes).toBeLessThanOrEqual(few.bytes);
    expect(many.bytes).toBeLessThan(1_000);
  });
});

type Delivery = (queues: OutgoingQueues, clientId: string) => Promise<void>;

async function acknowledged(queues: OutgoingQueues, clientId: string): Promise<void> {
  const [owed] = queues.list(clientId);
  await queues.update(clientId, { ...owed, messageId: 7 });
  await queues.clear(clientId, { messageId: 7 });
}

async function completed(queues: OutgoingQueues, clientId: string): Promise<void> {
  const [owed] = queues.list(clientId);
  await queues.update(clientId, { ...owed, messageId: 7 });
  await queues.update(clientId, { cmd: 'pubrel', messageId: 7 });
  await queues.clear(clientId, { messageId: 7 });
}

async function givenUp(queues: OutgoingQueues, clientId: string): Promise<void> {
  await queues.clearAll(clientId);
}

function packet(qos: number): SessionPacket {
  const payload = Buffer.alloc(PAYLOAD_BYTES, 'x');
  return { cmd: 'publish', topic: 'city/alerts/x', payload, qos, brokerId: 'broker', brokerCounter: 1 };
}
