import { statSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  settledWithin,
  type ClientSubscription,
  type CopyOptions,
  type CopySummary,
  type SessionBroker,
  type SessionClient,
  type SessionPacket,
  type SessionStore,
  type SessionStoreStatus,
  type SessionSubscription,
} from '@seawall/ports';
import type { Database, RootDatabase } from 'lmdb';
import { copySessions } from './copy-sessions.ts';
import { IncomingPackets, type IncomingLimits } from './incoming-packets.ts';
import { OutgoingQueues, type QueueLimits, type QueueTables } from './outgoing-queues.ts';
import { RetainedMessages, type RetainedLimits } from './retained-messages.ts';
import { Sessions, type SessionBounds } from './sessions.ts';
import { Subscriptions } from './subscriptions.ts';
import { Wills } from './wills.ts';

/** As of the journal: a close that has waited so long for a copy leaves the file to the end of the process. */
const COPY_PATIENCE_MS = 2_000;

export interface SessionLimits extends QueueLimits, IncomingLimits, RetainedLimits, SessionBounds {
  readonly subscriptionsPerClient: number;
}

/** A table for each kind of thing. */
export interface SessionTables extends QueueTables {
  readonly retained: Database<Buffer, Buffer>;
  readonly subscriptions: Database<Buffer, Buffer>;
  readonly incoming: Database<Buffer, Buffer>;
  readonly wills: Database<Buffer, Buffer>;
  readonly sessions: Database<Buffer, Buffer>;
}

export interface LmdbSessionStoreParts {
  readonly root: RootDatabase<Buffer, Buffer>;
  readonly tables: SessionTables;
  readonly path: string;
  /** Milliseconds of a clock that does not go back. */
  readonly now: () => number;
  readonly limits: SessionLimits;
}

/** The port over one LMDB environment; each kind of thing has a table, a class and an index in memory of its own. */
export class LmdbSessionStore implements SessionStore {
  readonly #root: RootDatabase<Buffer, Buffer>;
  readonly #path: string;
  readonly #retained: RetainedMessages;
  readonly #subscriptions: Subscriptions;
  readonly #outgoing: OutgoingQueues;
  readonly #incoming: IncomingPackets;
  readonly #wills: Wills;
  readonly #sessions: Sessions;
  readonly #endListeners: ((clientId: string) => void)[] = [];
  #expiredSessions = 0;
  #displacedSessions = 0;
  #expiring: Promise<void> | undefined;
  #closing = false;
  #broker: SessionBroker | undefined;
  /** The copy under way: the files must not be closed before it has ended. */
  #copying: Promise<unknown> = Promise.resolve();

  constructor({ root, tables, path, now, limits }: LmdbSessionStoreParts) {
    this.#root = root;
    this.#path = path;
    this.#retained = new RetainedMessages(tables.retained, limits);
    this.#subscriptions = new Subscriptions(tables.subscriptions, limits.subscriptionsPerClient);
    this.#outgoing = new OutgoingQueues(tables, limits);
    this.#incoming = new IncomingPackets(tables.incoming, limits);
    this.#wills = new Wills(tables.wills);
    const clientIds = [
      ...this.#subscriptions.clientIds(),
      ...this.#outgoing.clientIds(),
      ...this.#incoming.lastingClientIds(),
    ];
    this.#sessions = new Sessions(tables.sessions, limits, { clientIds, now });
  }

  /** Removes what a crash has left behind. */
  async tidy(): Promise<void> {
    await this.#outgoing.tidy();
  }

  async setup(broker: SessionBroker): Promise<void> {
    this.#broker = broker;
  }

  async storeRetained(packet: SessionPacket): Promise<void> {
    await this.#retained.store(packet);
  }

  createRetainedStream(pattern: string): Readable {
    return Readable.from(this.#retained.matching(pattern));
  }

  createRetainedStreamCombi(patterns: readonly string[]): Readable {
    return Readable.from(oneAfterTheOther(patterns.map((pattern) => this.#retained.matching(pattern))));
  }

  async addSubscriptions(client: SessionClient, subscriptions: readonly SessionSubscription[]): Promise<void> {
    const displaced = this.#makeRoomFor(client.id);
    this.#sessions.add(client.id);
    await this.#changing(client.id, Promise.all([this.#subscriptions.add(client.id, subscriptions), displaced]));
  }

  async removeSubscriptions(client: SessionClient, topics: readonly string[]): Promise<void> {
    await this.#changing(client.id, this.#subscriptions.remove(client.id, topics));
  }

  async subscriptionsByClient(client: SessionClient): Promise<SessionSubscription[]> {
    return this.#subscriptions.ofClient(client.id);
  }

  async subscriptionsByTopic(topic: string): Promise<ClientSubscription[]> {
    return this.#subscriptions.matching(topic);
  }

  async cleanSubscriptions(client: SessionClient): Promise<void> {
    const cleaned = this.#subscriptions.removeAll(client.id);
    const cleared = client.clean === true ? this.#outgoing.clearAll(client.id) : undefined;
    await this.#changing(client.id, Promise.all([cleaned, cleared]));
  }

  async countOffline(): Promise<{ subsCount: number; clientsCount: number }> {
    return { subsCount: this.#subscriptions.acknowledged, clientsCount: this.#subscriptions.sessions };
  }

  getClientList(topic: string): Readable {
    return Readable.from(this.#subscriptions.clientsOf(topic));
  }

  async outgoingEnqueue(subscription: { readonly clientId: string }, packet: SessionPacket): Promise<void> {
    await this.#enqueue([subscription.clientId], packet);
  }

  async outgoingEnqueueCombi(
    subscriptions: readonly { readonly clientId: string }[],
    packet: SessionPacket,
  ): Promise<void> {
    if (subscriptions.length === 0) return;
    await this.#enqueue(
      subscriptions.map(({ clientId }) => clientId),
      packet,
    );
  }

  async outgoingUpdate(client: SessionClient, packet: SessionPacket): Promise<void> {
    await this.#outgoing.update(client.id, packet);
  }

  async outgoingClearMessageId(client: SessionClient, packet: SessionPacket): Promise<SessionPacket | undefined> {
    return this.#changing(client.id, this.#outgoing.clear(client.id, packet));
  }

  outgoingStream(client: SessionClient): Readable {
    return Readable.from(this.#outgoing.list(client.id));
  }

  async incomingStorePacket(client: SessionClient, packet: SessionPacket): Promise<void> {
    const stored = this.#incoming.store(client, packet, () => this.#endOneWithIncoming());
    await (client.clean === true ? stored : this.#changing(client.id, stored));
  }

  async incomingGetPacket(client: SessionClient, packet: { readonly messageId?: number }): Promise<SessionPacket> {
    return this.#incoming.get(client.id, packet.messageId);
  }

  async incomingDelPacket(client: SessionClient, packet: { readonly messageId?: number }): Promise<void> {
    await this.#changing(client.id, this.#incoming.delete(client, packet.messageId));
  }

  async cleanIncoming(client: SessionClient): Promise<void> {
    await this.#changing(client.id, this.#incoming.deleteAll(client.id));
  }

  async putWill(client: SessionClient, packet: SessionPacket): Promise<void> {
    if (this.#broker === undefined) throw new Error('A will was put before setup() named the broker.');
    Object.assign(packet, { brokerId: this.#broker.id, clientId: client.id });
    await this.#wills.put(client.id, packet);
  }

  async getWill(client: SessionClient): Promise<SessionPacket | undefined> {
    return this.#wills.get(client.id);
  }

  async delWill(client: SessionClient): Promise<SessionPacket | undefined> {
    return this.#wills.delete(client.id);
  }

  streamWill(brokers: Readonly<Record<string, unknown>> = {}): Readable {
    return Readable.from(this.#wills.ofOthers(brokers));
  }

  clientCame(client: SessionClient): void {
    this.#sessions.came(client);
  }

  clientLeft(client: SessionClient): void {
    this.#sessions.left(client);
  }

  onSessionEnded(listener: (clientId: string) => void): void {
    this.#endListeners.push(listener);
  }

  expireSessions(): Promise<void> {
    return (this.#expiring ??= this.#expire().finally(() => (this.#expiring = undefined)));
  }

  status(): SessionStoreStatus {
    return {
      retained: this.#retained.size,
      sessions: this.#sessions.size,
      expiredSessions: this.#expiredSessions,
      displacedSessions: this.#displacedSessions,
      queuedPackets: this.#outgoing.packets,
      queuedBytes: this.#outgoing.bytes,
      droppedQueued: this.#outgoing.dropped,
      droppedRetained: this.#retained.dropped,
      incomingPackets: this.#incoming.packets,
      incomingBytes: this.#incoming.bytes,
      refusedIncoming: this.#incoming.refused,
      bytes: statSync(join(this.#path, 'data.mdb')).size,
    };
  }

  async backup(path: string, options: CopyOptions = {}): Promise<CopySummary> {
    const copying = copySessions(this.#root, path, options);
    this.#copying = copying.catch(() => undefined); // Its caller is told.
    return copying;
  }

  async destroy(): Promise<void> {
    this.#closing = true;
    await this.#expiring?.catch(() => undefined); // Its caller is told.
    // Without room the times of before stay: who is gone then has a little longer.
    await this.#sessions.save().catch(() => undefined);
    if (await settledWithin(this.#copying, COPY_PATIENCE_MS)) await this.#root.close();
  }

  async #enqueue(clientIds: readonly string[], packet: SessionPacket): Promise<void> {
    const enqueued = this.#outgoing.enqueue(clientIds, packet);
    for (const clientId of clientIds) this.#sessions.add(clientId);
    await enqueued;
  }

  /** After a change, or one that failed, there is a session if something is kept of the client. */
  async #changing<T>(clientId: string, change: Promise<T>): Promise<T> {
    try {
      return await change;
    } finally {
      const holds =
        this.#subscriptions.has(clientId) || this.#outgoing.has(clientId) || this.#incoming.isLasting(clientId);
      if (holds) this.#sessions.add(clientId);
      else this.#sessions.delete(clientId);
    }
  }

  /** Where many are gone, who subscribes takes the place of the one that left first. */
  #makeRoomFor(clientId: string): Promise<void> | undefined {
    if (this.#sessions.has(clientId) || !this.#sessions.isFull) return undefined;
    const [first] = this.#sessions.gone();
    this.#displacedSessions++;
    return this.#end(first!);
  }

  /** Of those gone that owe PUBRELs, the one that left first. */
  #endOneWithIncoming(): Promise<void> | undefined {
    for (const gone of this.#sessions.gone()) {
      if (!this.#incoming.has(gone)) continue;
      this.#displacedSessions++;
      return this.#end(gone);
    }
    return undefined;
  }

  /** One after the other: each may have thousands of packets to remove. */
  async #expire(): Promise<void> {
    while (!this.#closing) {
      const [expired] = this.#sessions.expired();
      if (expired === undefined) break;
      this.#expiredSessions++;
      await this.#end(expired);
    }
    await this.#sessions.saveAtTimes();
  }

  #end(clientId: string): Promise<void> {
    this.#sessions.delete(clientId);
    const forgotten = Promise.all([
      this.#subscriptions.removeAll(clientId),
      this.#outgoing.clearAll(clientId),
      this.#incoming.deleteAll(clientId),
    ]);
    for (const listener of this.#endListeners) listener(clientId);
    return this.#changing(
      clientId,
      forgotten.then(() => undefined),
    );
  }
}

function* oneAfterTheOther<T>(iterables: readonly Iterable<T>[]): Iterable<T> {
  for (const iterable of iterables) yield* iterable;
}
