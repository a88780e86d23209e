import type { SessionPacket } from '@seawall/ports';
import type { Database } from 'lmdb';
import { topicKey, topicKeyPrefix } from './keys.ts';
import { decodeFields, decodePacket, encodePacket } from './packet-codec.ts';
import { isWildcard, literalPrefix, topicMatcher } from './topic-filter.ts';

const PAGE = 100;

export interface RetainedLimits {
  /** Topics. */
  readonly retained: number;
  /** Topics beyond these that only the hub itself may add. */
  readonly retainedForHub: number;
}

/** Retained messages: their topics in memory, to be counted; the messages on disk, in the order of their topics. */
export class RetainedMessages {
  readonly #db: Database<Buffer, Buffer>;
  readonly #limits: RetainedLimits;
  readonly #topics = new Set<string>();
  #dropped = 0;

  constructor(db: Database<Buffer, Buffer>, limits: RetainedLimits) {
    this.#db = db;
    this.#limits = limits;
    for (const { value } of db.getRange()) this.#topics.add(decodeFields(value).topic!);
  }

  get size(): number {
    return this.#topics.size;
  }

  get dropped(): number {
    return this.#dropped;
  }

  async store(packet: SessionPacket): Promise<void> {
    const topic = packet.topic!;
    if ((packet.payload?.length ?? 0) === 0) return this.#remove(topic);
    if (!this.#topics.has(topic) && this.#topics.size >= this.#roomFor(packet)) {
      this.#dropped++;
      return;
    }
    this.#topics.add(topic);
    await this.#db.put(topicKey(topic), encodePacket(packet)).catch((error: unknown) => this.#undo(topic, error));
  }

  #roomFor({ clientId }: SessionPacket): number {
    const { retained, retainedForHub } = this.#limits;
    return clientId === undefined ? retained + retainedForHub : retained;
  }

  async #remove(topic: string): Promise<void> {
    this.#topics.delete(topic);
    await this.#db.remove(topicKey(topic)).catch((error: unknown) => this.#undo(topic, error));
  }

  /** After a failed write the disk says which topics there are. */
  #undo(topic: string, error: unknown): never {
    if (this.#db.doesExist(topicKey(topic))) this.#topics.add(topic);
    else this.#topics.delete(topic);
    throw error;
  }

  /** Reads a page at a time, so that no snapshot of the file is held while a slow client takes its messages. */
  *matching(filter: string): Iterable<SessionPacket> {
    if (!isWildcard(filter)) {
      const stored = this.#db.get(topicKey(filter));
      if (stored !== undefined) yield decodePacket(stored);
      return;
    }
    const matches = topicMatcher(filter);
    for (const stored of this.#withPrefix(literalPrefix(filter))) {
      if (matches(decodeFields(stored).topic!)) yield decodePacket(stored);
    }
  }

  *#withPrefix(prefix: string): Iterable<Buffer> {
    const common = topicKeyPrefix(Buffer.from(prefix));
    let start: Buffer = common.length === 0 ? Buffer.from([0]) : common;
    for (;;) {
      const page = [...this.#db.getRange({ start, limit: PAGE })];
      for (const { key, value } of page) {
        if (!key.subarray(0, common.length).equals(common)) return;
        yield value;
      }
      if (page.length < PAGE) return;
      // The next key in the order of bytes.
      start = Buffer.concat([page.at(-1)!.key, Buffer.from([0])]);
    }
  }
}
