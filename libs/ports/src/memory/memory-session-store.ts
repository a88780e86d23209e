import { Readable } from 'node:stream';
import {
  UnknownPacketError,
  type ClientSubscription,
  type SessionBroker,
  type SessionClient,
  type SessionPacket,
  type SessionStore,
  type SessionStoreStatus,
  type SessionSubscription,
} from '../session-store.ts';
import { refuseBackup } from './refuse-backup.ts';

export interface MemorySessionStoreOptions {
  /** Packets; 10,000 unless given. */
  readonly maxQueuedPerClient?: number;
  /** QoS 2 packets of one client that wait for their PUBREL; no limit unless given. */
  readonly maxIncomingBytesPerClient?: number;
  /** Over all clients; no limit unless given. */
  readonly maxIncomingBytes?: number;
  /** 10,000 unless given. */
  readonly maxGoneSessions?: number;
  /** For good unless given. */
  readonly sessionExpiryMs?: number;
  /** Milliseconds of a clock that does not go back; the process' own unless given. */
  readonly now?: () => number;
}

/**
 * A session store that forgets everything when the process ends, and looks at every subscription for every topic.
 * For tests.
 */
export function createMemorySessionStore(options: MemorySessionStoreOptions = {}): SessionStore {
  return new MemorySessionStore(options);
}

class MemorySessionStore implements SessionStore {
  #broker: SessionBroker = { id: '' };
  readonly #maxQueuedPerClient: number;
  readonly #retained = new Map<string, SessionPacket>();
  readonly #subscriptions = new Map<string, Map<string, SessionSubscription>>();
  readonly #queues = new Map<string, SessionPacket[]>();
  readonly #incoming = new Map<string, Map<number | undefined, SessionPacket>>();
  readonly #wills = new Map<string, SessionPacket>();
  readonly #connected = new Map<string, SessionClient>();
  /** Since when clients are gone, in the order in which they left. */
  readonly #gone = new Map<string, number>();
  readonly #maxIncomingBytesPerClient: number;
  readonly #maxIncomingBytes: number;
  readonly #maxGoneSessions: number;
  readonly #sessionExpiryMs: number;
  readonly #now: () => number;
  readonly #endListeners: ((clientId: string) => void)[] = [];
  #droppedQueued = 0;
  #expiredSessions = 0;
  #displacedSessions = 0;
  #refusedIncoming = 0;

  constructor(options: MemorySessionStoreOptions) {
    this.#maxQueuedPerClient = options.maxQueuedPerClient ?? 10_000;
    this.#maxIncomingBytesPerClient = options.maxIncomingBytesPerClient ?? Infinity;
    this.#maxIncomingBytes = options.maxIncomingBytes ?? Infinity;
    this.#maxGoneSessions = options.maxGoneSessions ?? 10_000;
    this.#sessionExpiryMs = options.sessionExpiryMs ?? Infinity;
    this.#now = options.now ?? (() => performance.now());
  }

  async setup(broker: SessionBroker): Promise<void> {
    this.#broker = broker;
  }

  async storeRetained(packet: SessionPacket): Promise<void> {
    if ((packet.payload?.length ?? 0) === 0) this.#retained.delete(packet.topic!);
    else this.#retained.set(packet.topic!, { ...packet });
  }

  createRetainedStream(pattern: string): Readable {
    return this.createRetainedStreamCombi([pattern]);
  }

  createRetainedStreamCombi(patterns: readonly string[]): Readable {
    const matching = (pattern: string) => [...this.#retained.values()].filter(({ topic }) => matches(pattern, topic!));
    return Readable.from(patterns.flatMap(matching).map(copy));
  }

  async addSubscriptions(client: SessionClient, subscriptions: readonly SessionSubscription[]): Promise<void> {
    this.#makeRoomFor(client.id);
    const stored = this.#subscriptions.get(client.id) ?? new Map<string, SessionSubscription>();
    this.#subscriptions.set(client.id, stored);
    for (const subscription of subscriptions) stored.set(subscription.topic, { ...subscription });
    this.#begin(client.id);
  }

  async removeSubscriptions(client: SessionClient, topics: readonly string[]): Promise<void> {
    const stored = this.#subscriptions.get(client.id);
    for (const topic of topics) stored?.delete(topic);
    if (stored?.size === 0) this.#subscriptions.delete(client.id);
  }

  async subscriptionsByClient(client: SessionClient): Promise<SessionSubscription[]> {
    return [...(this.#subscriptions.get(client.id)?.values() ?? [])].map((subscription) => ({ ...subscription }));
  }

  async subscriptionsByTopic(topic: string): Promise<ClientSubscription[]> {
    return this.#acknowledged().filter((subscription) => matches(subscription.topic, topic));
  }

  async cleanSubscriptions(client: SessionClient): Promise<void> {
    this.#subscriptions.delete(client.id);
    if (client.clean === true) this.#queues.delete(client.id);
  }

  async countOffline(): Promise<{ subsCount: number; clientsCount: number }> {
    return { subsCount: this.#acknowledged().length, clientsCount: this.#subscriptions.size };
  }

  getClientList(topic: string): Readable {
    return Readable.from([...this.#subscriptions].filter(([, stored]) => stored.has(topic)).map(([id]) => id));
  }

  async outgoingEnqueue(subscription: { readonly clientId: string }, packet: SessionPacket): Promise<void> {
    const queue = this.#queues.get(subscription.clientId) ?? [];
    this.#queues.set(subscription.clientId, queue);
    queue.push({ ...copy(packet), messageId: undefined });
    if (queue.length <= this.#maxQueuedPerClient) return;
    // The one just added is never sent, so there is always one to drop.
    const oldest = queue.findIndex(({ messageId }) => messageId === undefined);
    queue.splice(oldest, 1);
    this.#droppedQueued++;
  }

  async outgoingEnqueueCombi(
    subscriptions: readonly { readonly clientId: string }[],
    packet: SessionPacket,
  ): Promise<void> {
    for (const subscription of subscriptions) await this.outgoingEnqueue(subscription, packet);
  }

  async outgoingUpdate(client: SessionClient, packet: SessionPacket): Promise<void> {
    const queue = this.#queues.get(client.id) ?? [];
    const namesakes = packet.cmd === 'pubrel' ? [] : queue.filter((queued) => isNamesake(queued, packet));
    const sent =
      namesakes.find(({ messageId }) => messageId === packet.messageId) ??
      namesakes.find(({ messageId }) => messageId === undefined) ??
      namesakes[0];
    if (sent !== undefined) {
      sent.messageId = packet.messageId;
      return;
    }
    const at = queue.findIndex(({ messageId }) => messageId !== undefined && messageId === packet.messageId);
    if (at < 0) throw new UnknownPacketError(`The queue of client "${client.id}" holds no packet ${packet.messageId}.`);
    queue[at] = { cmd: 'pubrel', messageId: packet.messageId };
  }

  async outgoingClearMessageId(client: SessionClient, packet: SessionPacket): Promise<SessionPacket | undefined> {
    const queue = this.#queues.get(client.id) ?? [];
    const at = queue.findIndex(
      (queued) =>
        queued.messageId === packet.messageId && (packet.messageId !== undefined || isNamesake(queued, packet)),
    );
    return at < 0 ? undefined : queue.splice(at, 1)[0];
  }

  outgoingStream(client: SessionClient): Readable {
    return Readable.from((this.#queues.get(client.id) ?? []).map(copy));
  }

  async incomingStorePacket(client: SessionClient, packet: SessionPacket): Promise<void> {
    this.#makeRoomForIncoming(client.id, packet);
    const kept = this.#incoming.get(client.id) ?? new Map<number | undefined, SessionPacket>();
    this.#incoming.set(client.id, kept.set(packet.messageId, copy(packet)));
    this.#begin(client.id);
  }

  async incomingGetPacket(client: SessionClient, packet: { readonly messageId?: number }): Promise<SessionPacket> {
    const kept = this.#incoming.get(client.id)?.get(packet.messageId);
    if (kept === undefined) throw new Error(`Client "${client.id}" has sent no packet ${packet.messageId}.`);
    return copy(kept);
  }

  async incomingDelPacket(client: SessionClient, packet: { readonly messageId?: number }): Promise<void> {
    const kept = this.#incoming.get(client.id);
    if (kept?.delete(packet.messageId) !== true) {
      throw new Error(`Client "${client.id}" has sent no packet ${packet.messageId}.`);
    }
    if (kept.size === 0) this.#incoming.delete(client.id);
  }

  async cleanIncoming(client: SessionClient): Promise<void> {
    this.#incoming.delete(client.id);
  }

  async putWill(client: SessionClient, packet: SessionPacket): Promise<void> {
    Object.assign(packet, { brokerId: this.#broker.id, clientId: client.id });
    this.#wills.set(client.id, copy(packet));
  }

  async getWill(client: SessionClient): Promise<SessionPacket | undefined> {
    return this.#wills.get(client.id);
  }

  async delWill(client: SessionClient): Promise<SessionPacket | undefined> {
    const will = this.#wills.get(client.id);
    this.#wills.delete(client.id);
    return will;
  }

  streamWill(brokers: Readonly<Record<string, unknown>> = {}): Readable {
    return Readable.from([...this.#wills.values()].filter(({ brokerId }) => !brokers[brokerId!]).map(copy));
  }

  clientCame(client: SessionClient): void {
    this.#connected.set(client.id, client);
    this.#gone.delete(client.id);
  }

  clientLeft(client: SessionClient): void {
    if (this.#connected.get(client.id) !== client) return;
    this.#connected.delete(client.id);
    this.#gone.set(client.id, this.#now());
  }

  async expireSessions(): Promise<void> {
    const last = this.#now() - this.#sessionExpiryMs;
    for (const clientId of this.#goneSessions()) {
      if (this.#gone.get(clientId)! >= last) continue;
      this.#expiredSessions++;
      this.#end(clientId);
    }
  }

  onSessionEnded(listener: (clientId: string) => void): void {
    this.#endListeners.push(listener);
  }

  status(): SessionStoreStatus {
    const queued = [...this.#queues.values()].flat();
    return {
      retained: this.#retained.size,
      sessions: this.#sessions().size,
      expiredSessions: this.#expiredSessions,
      displacedSessions: this.#displacedSessions,
      queuedPackets: queued.length,
      queuedBytes: queued.reduce((sum, packet) => sum + bytesOf(packet), 0),
      droppedQueued: this.#droppedQueued,
      droppedRetained: 0,
      incomingPackets: [...this.#incoming.values()].reduce((sum, { size }) => sum + size, 0),
      incomingBytes: this.#incomingBytes(),
      refusedIncoming: this.#refusedIncoming,
      bytes: 0,
    };
  }

  backup(): Promise<never> {
    return refuseBackup('session store');
  }

  async destroy(): Promise<void> {}

  #sessions(): Set<string> {
    const queued = [...this.#queues].filter(([, packets]) => packets.length > 0).map(([clientId]) => clientId);
    const isLasting = ([clientId]: readonly [string, unknown]) => this.#connected.get(clientId)?.clean !== true;
    const incoming = [...this.#incoming].filter(isLasting).map(([clientId]) => clientId);
    return new Set([...this.#subscriptions.keys(), ...queued, ...incoming]);
  }

  /** Something is kept of a client; if it is not here, it is gone since now. */
  #begin(clientId: string): void {
    if (!this.#connected.has(clientId) && !this.#gone.has(clientId)) this.#gone.set(clientId, this.#now());
  }

  /** Those whose clients are gone, in the order in which they left or, for those that never came, began. */
  #goneSessions(): string[] {
    const sessions = this.#sessions();
    for (const clientId of sessions) this.#begin(clientId);
    return [...this.#gone.keys()].filter((clientId) => sessions.has(clientId));
  }

  #makeRoomFor(clientId: string): void {
    const gone = this.#goneSessions();
    if (this.#sessions().has(clientId) || gone.length < this.#maxGoneSessions) return;
    this.#displacedSessions++;
    this.#end(gone[0]!);
  }

  #makeRoomForIncoming(clientId: string, packet: SessionPacket): void {
    const bytes = bytesOf(packet);
    const refuse = (): never => {
      this.#refusedIncoming++;
      throw new Error(`There is no room for another QoS 2 packet of client "${clientId}".`);
    };
    if (this.#incomingBytes([clientId]) + bytes > this.#maxIncomingBytesPerClient) refuse();
    while (this.#incomingBytes() + bytes > this.#maxIncomingBytes) {
      const gone = this.#goneSessions().find((id) => this.#incoming.has(id)) ?? refuse();
      this.#displacedSessions++;
      this.#end(gone);
    }
  }

  #incomingBytes(clientIds: Iterable<string> = this.#incoming.keys()): number {
    const packets = [...clientIds].flatMap((clientId) => [...(this.#incoming.get(clientId)?.values() ?? [])]);
    return packets.reduce((sum, packet) => sum + bytesOf(packet), 0);
  }

  #end(clientId: string): void {
    for (const kept of [this.#subscriptions, this.#queues, this.#incoming, this.#gone]) kept.delete(clientId);
    for (const listener of this.#endListeners) listener(clientId);
  }

  #acknowledged(): ClientSubscription[] {
    return [...this.#subscriptions].flatMap(([clientId, stored]) =>
      [...stored.values()].filter(({ qos }) => qos > 0).map((subscription) => ({ clientId, ...subscription })),
    );
  }
}

function isNamesake(a: SessionPacket, b: SessionPacket): boolean {
  return a.brokerId !== undefined && a.brokerId === b.brokerId && a.brokerCounter === b.brokerCounter;
}

function bytesOf({ payload }: SessionPacket): number {
  return Buffer.byteLength(payload ?? '');
}

function copy(packet: SessionPacket): SessionPacket {
  return { ...packet };
}

/** MQTT 3.1.1, 4.7: `+` is one level, a last `#` any number; neither stands at the front for a topic with `$`. */
function matches(filter: string, topic: string): boolean {
  if (topic.startsWith('$') && /^[+#]/.test(filter)) return false;
  const wanted = filter.split('/');
  const levels = topic.split('/');
  for (const [i, level] of wanted.entries()) {
    if (level === '#') return true;
    if (i >= levels.length || (level !== '+' && level !== levels[i])) return false;
  }
  return wanted.length === levels.length;
}
