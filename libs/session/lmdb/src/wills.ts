import type { SessionPacket } from '@seawall/ports';
import type { Database } from 'lmdb';
import { hashKey } from './keys.ts';
import { ownedPacket, ownerOf, packetOf } from './owned-packet.ts';
import { encodePacket } from './packet-codec.ts';

/** The wills of connected clients, in memory (as many as there are connections) and on disk, for when the process dies. */
export class Wills {
  readonly #db: Database<Buffer, Buffer>;
  readonly #wills = new Map<string, SessionPacket>();

  constructor(db: Database<Buffer, Buffer>) {
    this.#db = db;
    for (const { value } of db.getRange()) this.#wills.set(ownerOf(value), packetOf(value));
  }

  async put(clientId: string, packet: SessionPacket): Promise<void> {
    const will = { ...packet };
    this.#wills.set(clientId, will);
    try {
      await this.#db.put(hashKey(clientId), ownedPacket(clientId, undefined, encodePacket(will)));
    } catch (error) {
      if (this.#wills.get(clientId) === will) this.#wills.delete(clientId);
      throw error;
    }
  }

  get(clientId: string): SessionPacket | undefined {
    const will = this.#wills.get(clientId);
    return will && { ...will };
  }

  async delete(clientId: string): Promise<SessionPacket | undefined> {
    const will = this.#wills.get(clientId);
    if (!this.#wills.delete(clientId)) return undefined;
    await this.#db.remove(hashKey(clientId));
    return will;
  }

  *ofOthers(brokers: Readonly<Record<string, unknown>>): Iterable<SessionPacket> {
    for (const will of [...this.#wills.values()]) if (!brokers[will.brokerId ?? '']) yield { ...will };
  }
}
