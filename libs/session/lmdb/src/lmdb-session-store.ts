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
import { IncomingPackets } from './incoming-packets.ts';
import { OutgoingQueues, type QueueLimits } from './outgoing-queues.ts';
import { RetainedMessages, type RetainedLimits } from './retained-messages.ts';
import { refuseWithoutRoom } from './refuse-without-room.ts';
import { Subscriptions } from './subscriptions.ts';
import { Wills } from './wills.ts';

/** As of the journal: a close that has waited so long for a copy leaves the file to the end of the process. */
const COPY_PATIENCE_MS = 2_000;

export interface SessionLimits extends QueueLimits, RetainedLimits {
  readonly subscriptionsPerClient: number;
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
  #broker: SessionBroker | undefined;
  /** The copy under way: the files must not be closed before it has ended. */
  #copying: Promise<unknown> = Promise.resolve();

  constructor(root: RootDatabase<Buffer, Buffer>, path: string, hasRoom: () => boolean, limits: SessionLimits) {
    const table = (name: string): Database<Buffer, Buffer> =>
      refuseWithoutRoom(root.openDB<Buffer, Buffer>({ name, encoding: 'binary', keyEncoding: 'binary' }), hasRoom);
    this.#root = root;
    this.#path = path;
    this.#retained = new RetainedMessages(table('retained'), limits);
    this.#subscriptions = new Subscriptions(table('subscriptions'), limits.subscriptionsPerClient);
    this.#outgoing = new OutgoingQueues(table('outgoing'), limits);
    this.#incoming = new IncomingPackets(table('incoming'));
    this.#wills = new Wills(table('wills'));
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
    await this.#subscriptions.add(client.id, subscriptions);
  }

  async removeSubscriptions(client: SessionClient, topics: readonly string[]): Promise<void> {
    await this.#subscriptions.remove(client.id, topics);
  }

  async subscriptionsByClient(client: SessionClient): Promise<SessionSubscription[]> {
    return this.#subscriptions.ofClient(client.id);
  }

  async subscriptionsByTopic(topic: string): Promise<ClientSubscription[]> {
    return this.#subscriptions.matching(topic);
  }

  async cleanSubscriptions(client: SessionClient): Promise<void> {
    const cleaned = this.#subscriptions.removeAll(client.id);
    await Promise.all([cleaned, client.clean === true ? this.#outgoing.clearAll(client.id) : undefined]);
  }

  async countOffline(): Promise<{ subsCount: number; clientsCount: number }> {
    return { subsCount: this.#subscriptions.acknowledged, clientsCount: this.#subscriptions.sessions };
  }

  getClientList(topic: string): Readable {
    return Readable.from(this.#subscriptions.clientsOf(topic));
  }

  async outgoingEnqueue(subscription: { readonly clientId: string }, packet: SessionPacket): Promise<void> {
    await this.#outgoing.enqueue([subscription.clientId], packet);
  }

  async outgoingEnqueueCombi(
    subscriptions: readonly { readonly clientId: string }[],
    packet: SessionPacket,
  ): Promise<void> {
    if (subscriptions.length === 0) return;
    await this.#outgoing.enqueue(
      subscriptions.map(({ clientId }) => clientId),
      packet,
    );
  }

  async outgoingUpdate(client: SessionClient, packet: SessionPacket): Promise<void> {
    await this.#outgoing.update(client.id, packet);
  }

  async outgoingClearMessageId(client: SessionClient, packet: SessionPacket): Promise<SessionPacket | undefined> {
    return this.#outgoing.clear(client.id, packet);
  }

  outgoingStream(client: SessionClient): Readable {
    return Readable.from(this.#outgoing.list(client.id));
  }

  async incomingStorePacket(client: SessionClient, packet: SessionPacket): Promise<void> {
    await this.#incoming.store(client, packet);
  }

  async incomingGetPacket(client: SessionClient, packet: { readonly messageId?: number }): Promise<SessionPacket> {
    return this.#incoming.get(client.id, packet.messageId);
  }

  async incomingDelPacket(client: SessionClient, packet: { readonly messageId?: number }): Promise<void> {
    await this.#incoming.delete(client, packet.messageId);
  }

  async cleanIncoming(client: SessionClient): Promise<void> {
    await this.#incoming.deleteAll(client.id);
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

  status(): SessionStoreStatus {
    return {
      retained: this.#retained.size,
      sessions: this.#subscriptions.sessions,
      queuedPackets: this.#outgoing.packets,
      queuedBytes: this.#outgoing.bytes,
      droppedQueued: this.#outgoing.dropped,
      droppedRetained: this.#retained.dropped,
      bytes: statSync(join(this.#path, 'data.mdb')).size,
    };
  }

  async backup(path: string, options: CopyOptions = {}): Promise<CopySummary> {
    const copying = copySessions(this.#root, path, options);
    this.#copying = copying.catch(() => undefined); // Its caller is told.
    return copying;
  }

  async destroy(): Promise<void> {
    if (await settledWithin(this.#copying, COPY_PATIENCE_MS)) await this.#root.close();
  }
}

function* oneAfterTheOther<T>(iterables: readonly Iterable<T>[]): Iterable<T> {
  for (const iterable of iterables) yield* iterable;
}
