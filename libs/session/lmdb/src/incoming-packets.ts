import type { SessionClient, SessionPacket } from '@seawall/ports';
import type { Database } from 'lmdb';
import { hashKey, packetKey, packetKeyNumber } from './keys.ts';
import { ownedPacket, ownerOf, packetOf } from './owned-packet.ts';
import { encodePacket, queueable } from './packet-codec.ts';

export interface IncomingLimits {
  readonly incomingBytesPerClient: number;
  /** Over all clients. */
  readonly incomingBytes: number;
}

interface Kept {
  /** The packet itself, of a session that ends with its connection and while it is being written. */
  stored: Buffer | undefined;
  readonly bytes: number;
}

/** Of one client: all lasting, or none. */
interface KeptOfClient {
  readonly packets: Map<number, Kept>;
  bytes: number;
  readonly isLasting: boolean;
}

/** QoS 2 packets of clients, from PUBLISH to PUBREL: who has sent which is in memory, what it says on disk. */
export class IncomingPackets {
  readonly #db: Database<Buffer, Buffer>;
  readonly #limits: IncomingLimits;
  readonly #clients = new Map<string, KeptOfClient>();
  #packets = 0;
  #bytes = 0;
  #refused = 0;

  constructor(db: Database<Buffer, Buffer>, limits: IncomingLimits) {
    this.#db = db;
    this.#limits = limits;
    for (const { key, value } of db.getRange()) {
      const kept = { stored: undefined, bytes: value.length };
      this.#keep(ownerOf(value), packetKeyNumber(key), kept, true);
    }
  }

  get packets(): number {
    return this.#packets;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get refused(): number {
    return this.#refused;
  }

  has(clientId: string): boolean {
    return this.#clients.has(clientId);
  }

  /** Whether something is kept of the client beyond its connection. */
  isLasting(clientId: string): boolean {
    return this.#clients.get(clientId)?.isLasting === true;
  }

  *lastingClientIds(): Iterable<string> {
    for (const [clientId, kept] of this.#clients) if (kept.isLasting) yield clientId;
  }

  /**
   * @param makeRoom forgets the packets of one who is gone, where all together are full; undefined if nobody is
   * @throws if there is no room
   */
  async store(client: SessionClient, packet: SessionPacket, makeRoom: () => Promise<void> | undefined): Promise<void> {
    const messageId = packet.messageId ?? 0;
    const stored = ownedPacket(client.id, messageId, encodePacket(queueable(packet)));
    const roomMade = this.#makeRoom(client.id, stored.length, makeRoom);
    // [MQTT-3.1.2-6]: nothing of a clean session outlives its connection, so a crash may forget it as well.
    const isLasting = client.clean !== true;
    const kept: Kept = { stored, bytes: stored.length };
    this.#keep(client.id, messageId, kept, isLasting);
    if (isLasting) roomMade.push(this.#write(client.id, messageId, kept));
    await Promise.all(roomMade);
  }

  get(clientId: string, messageId: number | undefined): SessionPacket {
    const kept = this.#clients.get(clientId)?.packets.get(messageId ?? 0);
    const stored = kept && (kept.stored ?? this.#db.get(packetKey(hashKey(clientId), messageId ?? 0)));
    if (stored === undefined) throw unknownPacket(clientId, messageId);
    return { ...packetOf(stored), messageId };
  }

  async delete(client: SessionClient, messageId: number | undefined): Promise<void> {
    if (!this.#forget(client.id, messageId ?? 0)) throw unknownPacket(client.id, messageId);
    if (client.clean !== true) await this.#db.remove(packetKey(hashKey(client.id), messageId ?? 0));
  }

  async deleteAll(clientId: string): Promise<void> {
    const messageIds = [...(this.#clients.get(clientId)?.packets.keys() ?? [])];
    if (messageIds.length === 0) return;
    for (const messageId of messageIds) this.#forget(clientId, messageId);
    const clientKey = hashKey(clientId);
    // The session before this one may have been one on disk, whatever this one is.
    await Promise.all(messageIds.map((messageId) => this.#db.remove(packetKey(clientKey, messageId))));
  }

  /** @returns what is under way for it */
  #makeRoom(clientId: string, bytes: number, makeRoom: () => Promise<void> | undefined): Promise<void>[] {
    const { incomingBytesPerClient, incomingBytes } = this.#limits;
    const made: Promise<void>[] = [];
    const ofClient = this.#clients.get(clientId)?.bytes ?? 0;
    if (ofClient + bytes > incomingBytesPerClient) throw this.#tooMany(clientId, incomingBytesPerClient);
    while (this.#bytes + bytes > incomingBytes) {
      const one = makeRoom();
      if (one === undefined) throw this.#tooMany(clientId, incomingBytes);
      made.push(one);
    }
    return made;
  }

  #tooMany(clientId: string, bytes: number): Error {
    this.#refused++;
    const whose = bytes === this.#limits.incomingBytes ? 'all clients together' : `client "${clientId}"`;
    return new Error(`QoS 2 packets of ${whose} that wait for their PUBREL have more than ${bytes} bytes.`);
  }

  async #write(clientId: string, messageId: number, kept: Kept): Promise<void> {
    try {
      await this.#db.put(packetKey(hashKey(clientId), messageId), kept.stored!);
      kept.stored = undefined;
    } catch (error) {
      if (this.#clients.get(clientId)?.packets.get(messageId) === kept) this.#forget(clientId, messageId);
      throw error;
    }
  }

  #keep(clientId: string, messageId: number, kept: Kept, isLasting: boolean): void {
    this.#forget(clientId, messageId);
    let ofClient = this.#clients.get(clientId);
    if (ofClient === undefined) {
      this.#clients.set(clientId, (ofClient = { packets: new Map(), bytes: 0, isLasting }));
    }
    ofClient.packets.set(messageId, kept);
    ofClient.bytes += kept.bytes;
    this.#packets++;
    this.#bytes += kept.bytes;
  }

  #forget(clientId: string, messageId: number): boolean {
    const ofClient = this.#clients.get(clientId);
    const kept = ofClient?.packets.get(messageId);
    if (ofClient === undefined || kept === undefined) return false;
    ofClient.packets.delete(messageId);
    ofClient.bytes -= kept.bytes;
    if (ofClient.packets.size === 0) this.#clients.delete(clientId);
    this.#packets--;
    this.#bytes -= kept.bytes;
    return true;
  }
}

function unknownPacket(clientId: string, messageId: number | undefined): Error {
  return new Error(`Client "${clientId}" has sent no packet ${messageId}.`);
}
