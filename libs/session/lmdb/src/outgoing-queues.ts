import { UnknownPacketError, type SessionPacket } from '@seawall/ports';
import type { Database } from 'lmdb';
import { ClientQueue, packetName, type QueuedPacket } from './client-queue.ts';
import { packetKey, packetKeyNumber } from './keys.ts';
import { fieldsOf, messageIdOf, ownedPacket, ownerOf, packetOf, withMessageId } from './owned-packet.ts';
import { encodePacket, queueable } from './packet-codec.ts';
import { QueuesBySize } from './queues-by-size.ts';

export interface QueueLimits {
  readonly packetsPerClient: number;
  readonly bytesPerClient: number;
  /** Over all clients. */
  readonly bytes: number;
}

/** What QoS 1 and 2 still owe the clients with sessions: an index in memory, the packets on disk. */
export class OutgoingQueues {
  readonly #db: Database<Buffer, Buffer>;
  readonly #limits: QueueLimits;
  /** Clients with an empty queue have none. */
  readonly #queues = new Map<string, ClientQueue>();
  readonly #bySize = new QueuesBySize();
  #lastNumber = 0;
  #packets = 0;
  #bytes = 0;
  #dropped = 0;

  constructor(db: Database<Buffer, Buffer>, limits: QueueLimits) {
    this.#db = db;
    this.#limits = limits;
    for (const { key, value } of db.getRange()) this.#load(packetKeyNumber(key), value);
  }

  get packets(): number {
    return this.#packets;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get dropped(): number {
    return this.#dropped;
  }

  has(clientId: string): boolean {
    return this.#queues.has(clientId);
  }

  clientIds(): Iterable<string> {
    return this.#queues.keys();
  }

  async enqueue(clientIds: readonly string[], packet: SessionPacket): Promise<void> {
    if (clientIds.length === 0) return;
    const kept = queueable(packet);
    const bytes = encodePacket(kept);
    await Promise.all(clientIds.map((clientId) => this.#enqueueOne(clientId, kept, bytes)));
  }

  /** Gives a packet the identifier it is sent under, or puts a PUBREL into its place. */
  async update(clientId: string, packet: SessionPacket): Promise<void> {
    const queue = this.#queues.get(clientId);
    const queued = queue?.findSent(packet);
    if (queue === undefined || queued === undefined) {
      throw new UnknownPacketError(`The queue of client "${clientId}" holds no packet ${packet.messageId}.`);
    }
    if (packet.cmd === 'pubrel') return this.#toPubrel(queue, queued);
    if (queued.messageId === packet.messageId) return;
    queue.setMessageId(queued, packet.messageId);
    // At-least-once allows a QoS 1 packet to be sent under another identifier after a restart; exactly-once does not.
    if (queued.qos < 2) return;
    const stored = this.#read(queue, queued);
    if (stored !== undefined) await this.#write(queue, queued, withMessageId(stored, packet.messageId));
  }

  /** Takes a packet out. */
  async clear(clientId: string, packet: SessionPacket): Promise<SessionPacket | undefined> {
    const queue = this.#queues.get(clientId);
    const queued = queue?.findDone(packet);
    if (queue === undefined || queued === undefined) return undefined;
    const cleared = this.#packet(queue, queued);
    await this.#remove(queue, queued);
    return cleared;
  }

  async clearAll(clientId: string): Promise<void> {
    const queue = this.#queues.get(clientId);
    if (queue === undefined) return;
    await Promise.all(queue.all().map((queued) => this.#remove(queue, queued)));
  }

  /** The queue as it stands now; what is cleared before it is read is left out. */
  list(clientId: string): Iterable<SessionPacket> {
    const queue = this.#queues.get(clientId);
    return queue === undefined ? [] : this.#packetsOf(queue, queue.all());
  }

  *#packetsOf(queue: ClientQueue, packets: readonly QueuedPacket[]): Iterable<SessionPacket> {
    for (const queued of packets) {
      const packet = queue.has(queued) ? this.#packet(queue, queued) : undefined;
      if (packet === undefined) continue;
      queue.handOut(queued);
      yield packet;
    }
  }

  async #enqueueOne(clientId: string, packet: SessionPacket, bytes: Buffer): Promise<void> {
    const queue = this.#queues.get(clientId) ?? new ClientQueue(clientId);
    const stored = ownedPacket(clientId, undefined, bytes);
    const drops: Promise<void>[] = [];
    if (!this.#makeRoom(queue, stored.length, drops)) {
      this.#dropped++;
      return void (await Promise.all(drops));
    }
    const number = ++this.#lastNumber;
    const queued = newPacket(number, stored, packet, undefined);
    this.#add(queue, queued);
    const written = this.#write(queue, queued, stored).catch((error: unknown) => {
      this.#forget(queue, queued);
      throw error;
    });
    await Promise.all([...drops, written]);
  }

  /**
   * Drops what must give way to a packet: of its own queue, where that is full, what has waited longest; where all
   * queues together are full, of the largest one, which as a rule is of a client that never came back.
   * @param drops gets the removals under way
   * @returns false if there can't be room for it
   */
  #makeRoom(queue: ClientQueue, bytes: number, drops: Promise<void>[]): boolean {
    const { packetsPerClient, bytesPerClient, bytes: bytesInAll } = this.#limits;
    if (bytes > Math.min(bytesPerClient, bytesInAll)) return false;
    while (queue.length >= packetsPerClient || queue.bytes + bytes > bytesPerClient) {
      const oldest = queue.oldestWaiting();
      if (oldest === undefined) return false;
      drops.push(this.#drop(queue, oldest));
    }
    while (this.#bytes + bytes > bytesInAll) {
      const largest = this.#bySize.largest();
      // All of it may have been sent, to a client that left without an answer; it is the largest all the same.
      const oldest = largest?.oldestWaiting() ?? largest?.oldestUnreceived();
      if (largest === undefined || oldest === undefined) return false;
      drops.push(this.#drop(largest, oldest));
    }
    return true;
  }

  #drop(queue: ClientQueue, queued: QueuedPacket): Promise<void> {
    this.#dropped++;
    return this.#remove(queue, queued);
  }

  async #toPubrel(queue: ClientQueue, queued: QueuedPacket): Promise<void> {
    queue.loseName(queued);
    const pubrel = encodePacket({ cmd: 'pubrel' });
    await this.#write(queue, queued, ownedPacket(queue.clientId, queued.messageId, pubrel));
  }

  #packet(queue: ClientQueue, queued: QueuedPacket): SessionPacket | undefined {
    const stored = this.#read(queue, queued);
    if (stored === undefined) return undefined;
    const packet = packetOf(stored);
    const { messageId } = queued;
    return packet.cmd === 'pubrel' ? { cmd: 'pubrel', messageId } : { ...packet, messageId };
  }

  #read(queue: ClientQueue, queued: QueuedPacket): Buffer | undefined {
    return queued.pending ?? this.#db.get(packetKey(queue.clientKey, queued.number));
  }

  async #write(queue: ClientQueue, queued: QueuedPacket, stored: Buffer): Promise<void> {
    queued.pending = stored;
    try {
      await this.#db.put(packetKey(queue.clientKey, queued.number), stored);
    } finally {
      if (queued.pending === stored) queued.pending = undefined;
    }
  }

  async #remove(queue: ClientQueue, queued: QueuedPacket): Promise<void> {
    this.#forget(queue, queued);
    await this.#db.remove(packetKey(queue.clientKey, queued.number));
  }

  #load(number: number, stored: Buffer): void {
    const clientId = ownerOf(stored);
    const queue = this.#queues.get(clientId) ?? new ClientQueue(clientId);
    this.#lastNumber = Math.max(this.#lastNumber, number);
    this.#add(queue, newPacket(number, stored, fieldsOf(stored), messageIdOf(stored)));
  }

  #add(queue: ClientQueue, queued: QueuedPacket): void {
    this.#queues.set(queue.clientId, queue);
    queue.add(queued);
    this.#bySize.changed(queue);
    this.#packets++;
    this.#bytes += queued.bytes;
  }

  #forget(queue: ClientQueue, queued: QueuedPacket): void {
    if (!queue.has(queued)) return;
    queue.delete(queued);
    this.#bySize.changed(queue);
    if (queue.length === 0) this.#queues.delete(queue.clientId);
    this.#packets--;
    this.#bytes -= queued.bytes;
  }
}

function newPacket(number: number, stored: Buffer, packet: SessionPacket, messageId: number | undefined): QueuedPacket {
  return { number, bytes: stored.length, name: packetName(packet), qos: packet.qos ?? 0, messageId };
}
