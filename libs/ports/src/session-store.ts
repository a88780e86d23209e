import type { Readable } from 'node:stream';
import type { Copyable } from './backup.ts';

/** Beyond it a client is cut off; of those whose session is kept also what they had when they were here last counts. */
export const MAX_SUBSCRIPTIONS_PER_CLIENT = 1_000;

/**
 * A packet as the broker hands it over and gets it back: at least what is named here, and every other field that can
 * be written as JSON. A queued PUBREL has only `cmd` and `messageId`.
 */
export interface SessionPacket {
  cmd?: string;
  topic?: string;
  payload?: Buffer | string;
  qos?: number;
  retain?: boolean;
  dup?: boolean;
  /** The broker process the packet came in by, and its place there: together they name a packet. */
  brokerId?: string;
  brokerCounter?: number;
  /** The MQTT packet identifier towards one client; absent until it is sent. */
  messageId?: number | undefined;
  /** Who published it; none if it was the hub itself. */
  clientId?: string;
}

/** Whose session it is. `clean`: the session ends with the connection, so nothing of it need outlive the process. */
export interface SessionClient {
  readonly id: string;
  readonly clean?: boolean;
}

export interface SessionSubscription {
  readonly topic: string;
  readonly qos: number;
  readonly rh?: number;
  readonly rap?: boolean;
  readonly nl?: boolean;
  readonly subscriptionIdentifier?: number;
}

export type ClientSubscription = SessionSubscription & { readonly clientId: string };

/** What the store must know of the broker it works for. */
export interface SessionBroker {
  readonly id: string;
}

export interface SessionStoreStatus {
  readonly retained: number;
  /** Clients of which something is kept beyond their connection: subscriptions, queued or incoming packets. */
  readonly sessions: number;
  /** Since the store was opened: sessions that ended because their clients had been gone for too long. */
  readonly expiredSessions: number;
  /** Since the store was opened: sessions that ended because there were too many. */
  readonly displacedSessions: number;
  readonly queuedPackets: number;
  readonly queuedBytes: number;
  /** Since the store was opened: packets dropped from full queues, or that had no room in one. */
  readonly droppedQueued: number;
  /** Since the store was opened: retained messages of new topics that there was no room for. */
  readonly droppedRetained: number;
  /** Of QoS 2, that wait for their PUBREL. */
  readonly incomingPackets: number;
  readonly incomingBytes: number;
  /** Since the store was opened: such packets that there was no room for. */
  readonly refusedIncoming: number;
  /** On disk; 0 where there is none. */
  readonly bytes: number;
}

/**
 * What the MQTT broker must remember of its clients and topics. The shape is that of aedes' asynchronous persistence,
 * so a store is handed to the broker as it is.
 *
 * Durability: what a promise has resolved for survives a crash of the process and of the machine, except for clients
 * with `clean` set. A rejected promise has changed nothing that outlives the process. Calls take effect in the order
 * they are made, and calls that overlap share a flush. Where nothing has to be written, nothing waits for a disk.
 * Packets handed in are copied, packets given out belong to the caller.
 */
export interface SessionStore extends Copyable {
  /** Called once, before everything else. Must be an `async function`: the broker looks. */
  setup(broker: SessionBroker): Promise<void>;

  /** Keeps a message as its topic's retained one; an empty payload forgets it. */
  storeRetained(packet: SessionPacket): Promise<void>;
  /** The retained messages of the topics that match a filter. */
  createRetainedStream(pattern: string): Readable;
  /** The same for several filters, one after the other: a topic that matches two comes twice. */
  createRetainedStreamCombi(patterns: readonly string[]): Readable;

  /**
   * Adds to a session's subscriptions; one for a topic that is there replaces it. @throws if there are as many sessions
   * as may be, and the clients of all are connected
   */
  addSubscriptions(client: SessionClient, subscriptions: readonly SessionSubscription[]): Promise<unknown>;
  removeSubscriptions(client: SessionClient, topics: readonly string[]): Promise<unknown>;
  /** All of a session's subscriptions, QoS 0 as well; empty if there is no session. */
  subscriptionsByClient(client: SessionClient): Promise<SessionSubscription[]>;
  /** The stored subscriptions of QoS 1 and 2 that match a topic, asked for every such publish: never touches a disk. */
  subscriptionsByTopic(topic: string): Promise<ClientSubscription[]>;
  /** Forgets all of a session's subscriptions; for a client with `clean` set, what is queued for it as well. */
  cleanSubscriptions(client: SessionClient): Promise<unknown>;
  /** Subscriptions of QoS 1 and 2, and sessions with subscriptions of any. */
  countOffline(): Promise<{ subsCount: number; clientsCount: number }>;
  /** The ids of the clients that subscribe to exactly this filter. */
  getClientList(topic: string): Readable;

  /**
   * Puts a packet at the end of a client's queue. A full queue drops its oldest packet that was never sent. Where all
   * queues together are full, the largest gives way, not the one that grows.
   */
  outgoingEnqueue(subscription: { readonly clientId: string }, packet: SessionPacket): Promise<void>;
  /** The same for many clients; without any it resolves at once. */
  outgoingEnqueueCombi(subscriptions: readonly { readonly clientId: string }[], packet: SessionPacket): Promise<void>;
  /**
   * Notes the packet identifier under which a queued packet (the same `brokerId` and `brokerCounter`) is sent; or
   * puts a PUBREL into the place of the packet that has its identifier. A QoS 1 packet's identifier may be forgotten by
   * a restart: at-least-once allows to send it under another. @throws UnknownPacketError if there is no such packet
   */
  outgoingUpdate(client: SessionClient, packet: SessionPacket): Promise<unknown>;
  /**
   * Takes the packet with this `messageId` out of the queue, and answers it; undefined if there is none. Without a
   * `messageId`: the packet of this name (`brokerId`, `brokerCounter`), if it was never sent.
   */
  outgoingClearMessageId(client: SessionClient, packet: SessionPacket): Promise<SessionPacket | undefined>;
  /** The queue as it stands at the call, in order. */
  outgoingStream(client: SessionClient): Readable;

  /**
   * Keeps a QoS 2 packet until its PUBREL, by its `messageId`. Where all packets together are full, the session of one
   * ends who is gone and owes PUBRELs. @throws if the client has too many, or all together who are connected
   */
  incomingStorePacket(client: SessionClient, packet: SessionPacket): Promise<void>;
  /** @throws if there is none with this `messageId` */
  incomingGetPacket(client: SessionClient, packet: { readonly messageId?: number }): Promise<SessionPacket>;
  /** @throws if there is none with this `messageId` */
  incomingDelPacket(client: SessionClient, packet: { readonly messageId?: number }): Promise<void>;
  /** Forgets all of a client's incoming packets [MQTT-3.1.2-6]. */
  cleanIncoming(client: SessionClient): Promise<unknown>;

  /** Keeps a client's will; notes `clientId` and the broker's id as `brokerId` on the packet itself as well. */
  putWill(client: SessionClient, packet: SessionPacket): Promise<unknown>;
  getWill(client: SessionClient): Promise<SessionPacket | undefined>;
  /** Forgets a client's will, and answers it. */
  delWill(client: SessionClient): Promise<SessionPacket | undefined>;
  /** The wills that were put by other brokers than these (by id): those of a process that died. */
  streamWill(brokers?: Readonly<Record<string, unknown>>): Readable;

  /** The client is connected: until it leaves, its session neither expires nor gives way. */
  clientCame(client: SessionClient): void;
  /** This connection of the client (the same object) is over. */
  clientLeft(client: SessionClient): void;
  /**
   * Ends the sessions of clients that have been gone for longer than the store keeps them, and forgets all that belongs
   * to them. Only time in which the store is open counts. To be called again and again.
   */
  expireSessions(): Promise<void>;
  /**
   * Adds a listener for sessions that the store itself ends: those that expire, and those that give way where there are
   * too many whose clients are gone, of which the one goes that has been gone for the longest.
   */
  onSessionEnded(listener: (clientId: string) => void): void;

  /** How full it is; reads counters only. */
  status(): SessionStoreStatus;

  /** Waits for the writes under way and releases the files. */
  destroy(): Promise<void>;
}

/** No packet of the client's queue is meant. */
export class UnknownPacketError extends Error {
  override readonly name = 'UnknownPacketError';
}
