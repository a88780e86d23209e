import type { SessionClient } from '@seawall/ports';
import type { Database } from 'lmdb';
import { hashKey } from './keys.ts';
import { decodeSince, encodeSince, ownerOfSince } from './session-since.ts';

export interface SessionBounds {
  /** Of clients that are gone; those that are here are as many as may connect. */
  readonly goneSessions: number;
  /** How long the client of one may be gone. */
  readonly sessionExpiryMs: number;
}

/** Shorter than any key of a session. */
const AGE_KEY = Buffer.from('age');
/** What a crash may forget of how long clients have been gone: this part of the time they may be. */
const SAVES_PER_EXPIRY = 100;

/**
 * Of whom something is kept, who of them is here, and since when the others are gone. That is told in the store's age,
 * the time for which it has been open: a hub that was off for a month, or whose clock jumps, drops nobody for it.
 */
export class Sessions {
  readonly #db: Database<Buffer, Buffer>;
  readonly #bounds: SessionBounds;
  readonly #now: () => number;
  /** All who are connected, with a session or not. */
  readonly #clients = new Map<string, SessionClient>();
  readonly #here = new Set<string>();
  /** In the order in which they left. */
  readonly #gone = new Map<string, number>();
  /** As it is on disk. */
  readonly #saved = new Map<string, number>();
  readonly #ageAtOpen: number;
  readonly #openedAt: number;
  #savedAt: number;

  /**
   * @param clientIds of whom something is kept; of whom it is not known since when, it is since now
   * @param now milliseconds of a clock that does not go back
   */
  constructor(
    db: Database<Buffer, Buffer>,
    bounds: SessionBounds,
    { clientIds, now }: { readonly clientIds: Iterable<string>; readonly now: () => number },
  ) {
    this.#db = db;
    this.#bounds = bounds;
    this.#now = now;
    this.#openedAt = now();
    const age = db.get(AGE_KEY);
    this.#ageAtOpen = age === undefined ? 0 : decodeSince(age);
    this.#savedAt = this.#ageAtOpen;
    for (const { key, value } of db.getRange()) {
      if (key.length > AGE_KEY.length) this.#saved.set(ownerOfSince(value), decodeSince(value));
    }
    const since = (clientId: string) => this.#saved.get(clientId) ?? this.#ageAtOpen;
    const gone = [...new Set(clientIds)].map((clientId) => [clientId, since(clientId)] as const);
    for (const [clientId, left] of gone.sort(([, a], [, b]) => a - b)) this.#gone.set(clientId, left);
  }

  get size(): number {
    return this.#here.size + this.#gone.size;
  }

  came(client: SessionClient): void {
    this.#clients.set(client.id, client);
    if (this.#gone.delete(client.id)) this.#here.add(client.id);
  }

  left(client: SessionClient): void {
    if (this.#clients.get(client.id) !== client) return;
    this.#clients.delete(client.id);
    if (this.#here.delete(client.id)) this.#gone.set(client.id, this.#age());
  }

  has(clientId: string): boolean {
    return this.#here.has(clientId) || this.#gone.has(clientId);
  }

  /** Something is kept of this client from now on. */
  add(clientId: string): void {
    if (this.has(clientId)) return;
    if (this.#clients.has(clientId)) this.#here.add(clientId);
    else this.#gone.set(clientId, this.#age());
  }

  /** Nothing is kept of it any more. */
  delete(clientId: string): void {
    this.#here.delete(clientId);
    this.#gone.delete(clientId);
  }

  get isFull(): boolean {
    return this.#gone.size >= this.#bounds.goneSessions;
  }

  /** Those whose clients are not here, the one that left first in front. */
  gone(): Iterable<string> {
    return this.#gone.keys();
  }

  *expired(): Iterable<string> {
    const last = this.#age() - this.#bounds.sessionExpiryMs;
    for (const [clientId, since] of this.#gone) {
      if (since >= last) return;
      yield clientId;
    }
  }

  /** Writes down since when clients are gone, if that is worth it by now. */
  async saveAtTimes(): Promise<void> {
    if (this.#age() - this.#savedAt >= this.#bounds.sessionExpiryMs / SAVES_PER_EXPIRY) await this.save();
  }

  async save(): Promise<void> {
    const age = this.#age();
    const since = new Map([...this.#gone, ...[...this.#here].map((clientId) => [clientId, age] as const)]);
    const writes = [this.#db.put(AGE_KEY, encodeSince(age, ''))];
    for (const [clientId, left] of since) {
      if (this.#saved.get(clientId) !== left) writes.push(this.#db.put(hashKey(clientId), encodeSince(left, clientId)));
    }
    for (const clientId of this.#saved.keys()) {
      if (!since.has(clientId)) writes.push(this.#db.remove(hashKey(clientId)));
    }
    await Promise.all(writes);
    this.#saved.clear();
    for (const [clientId, left] of since) this.#saved.set(clientId, left);
    this.#savedAt = age;
  }

  #age(): number {
    return this.#ageAtOpen + Math.max(0, Math.round(this.#now() - this.#openedAt));
  }
}
