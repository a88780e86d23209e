import type { SessionClient, SessionPacket } from '@seawall/ports';
import type { Database } from 'lmdb';
import { hashKey, packetKey, packetKeyNumber } from './keys.ts';
import { ownedPacket, ownerOf, packetOf } from './owned-packet.ts';
import { encodePacket, queueable } from './packet-codec.ts';

/** On disk, or, for a session that ends with its connection and while it is being written, the packet itself. */
interface Kept {
  stored: Buffer | undefined;
  readonly isLasting: boolean;
}

/** QoS 2 packets of clients, from PUBLISH to PUBREL: who has sent which is in memory, what it says on disk. */
export class IncomingPackets {
  readonly #db: Database<Buffer, Buffer>;
  readonly #clients = new Map<string, Map<number, Kept>>();

  constructor(db: Database<Buffer, Buffer>) {
    this.#db = db;
    for (const { key, value } of db.getRange()) {
      this.#ofClient(ownerOf(value)).set(packetKeyNumber(key), { stored: undefined, isLasting: true });
    }
  }

  /** Whether something is kept of the client beyond its connection. */
  isLasting(clientId: string): boolean {
    for (const kept of this.#clients.get(clientId)?.values() ?? []) if (kept.isLasting) return true;
    return false;
  }

  *lastingClientIds(): Iterable<string> {
    for (const clientId of this.#clients.keys()) if (this.isLasting(clientId)) yield clientId;
  }

  async store(client: SessionClient, packet: SessionPacket): Promise<void> {
    const messageId = packet.messageId ?? 0;
    const stored = ownedPacket(client.id, messageId, encodePacket(queueable(packet)));
    const isLasting = client.clean !== true;
    const kept: Kept = { stored, isLasting };
    this.#ofClient(client.id).set(messageId, kept);
    // [MQTT-3.1.2-6]: nothing of a clean session outlives its connection, so a crash may forget it as well.
    if (!isLasting) return;
    try {
      await this.#db.put(packetKey(hashKey(client.id), messageId), stored);
      kept.stored = undefined;
    } catch (error) {
      if (this.#clients.get(client.id)?.get(messageId) === kept) this.#forget(client.id, messageId);
      throw error;
    }
  }

  get(clientId: string, messageId: number | undefined): SessionPacket {
    const kept = this.#clients.get(clientId)?.get(messageId ?? 0);
    const stored = kept && (kept.stored ?? this.#db.get(packetKey(hashKey(clientId), messageId ?? 0)));
    if (stored === undefined) throw unknownPacket(clientId, messageId);
    return { ...packetOf(stored), messageId };
  }

  async delete(client: SessionClient, messageId: number | undefined): Promise<void> {
    if (!this.#forget(client.id, messageId ?? 0)) throw unknownPacket(client.id, messageId);
    if (client.clean !== true) await this.#db.remove(packetKey(hashKey(client.id), messageId ?? 0));
  }

  async deleteAll(clientId: string): Promise<void> {
    const messageIds = [...(this.#clients.get(clientId)?.keys() ?? [])];
    if (messageIds.length === 0) return;
    this.#clients.delete(clientId);
    const clientKey = hashKey(clientId);
    // The session before this one may have been one on disk, whatever this one is.
    await Promise.all(messageIds.map((messageId) => this.#db.remove(packetKey(clientKey, messageId))));
  }

  #ofClient(clientId: string): Map<number, Kept> {
    let kept = this.#clients.get(clientId);
    if (kept === undefined) this.#clients.set(clientId, (kept = new Map<number, Kept>()));
    return kept;
  }

  #forget(clientId: string, messageId: number): boolean {
    const kept = this.#clients.get(clientId);
    const known = kept?.delete(messageId) === true;
    if (kept?.size === 0) this.#clients.delete(clientId);
    return known;
  }
}

function unknownPacket(clientId: string, messageId: number | undefined): Error {
  return new Error(`Client "${clientId}" has sent no packet ${messageId}.`);
}
