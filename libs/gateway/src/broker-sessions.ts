import {
  UnknownPacketError,
  type ClientSubscription,
  type SessionClient,
  type SessionPacket,
  type SessionStore,
} from '@seawall/ports';
import type { GatewayAcceptance } from './acceptance.ts';
import { DROPPED_TOPIC } from './broker-internals.ts';

/** Of topics whose subscriptions are remembered, and of these subscriptions. */
const MAX_REMEMBERED = 50_000;
const NOBODY: ClientSubscription[] = [];

/**
 * The session store as the broker is given it. It still is the same object, with some things added:
 * the acceptance hears when a QoS 2 packet id is free again (at its PUBREL, and when its session ends), of which nothing but its id is kept, who
 * subscribes to a topic is remembered until a subscription comes or goes, and nobody is cut off for a packet of which
 * nothing is owed. Each adds to what is there after the one before.
 */
export function brokerSessions(store: SessionStore, acceptance: Pick<GatewayAcceptance, 'released'>): SessionStore {
  const released = releasing(store, acceptance);
  Object.assign(store, released.methods);
  const remembered = remembering(store);
  Object.assign(store, remembered.methods);
  store.onSessionEnded((clientId) => {
    released.ended(clientId);
    remembered.ended(clientId);
  });
  return Object.assign(store, forgivingTheUnknown(store));
}

/**
 * For what the broker would cut off a kept session, though nothing is owed any more:
 * - the PUBREC of a message that is not in the queue, as a retained one, which is sent to a new subscriber without being
 *   queued: only the PUBREL is owed [MQTT-4.3.3-1];
 * - a QoS 1 message that it has delivered, and heard to be received, while the queue that it reads at a connect was on its
 *   way to the same message. It goes out once more, as at-least-once allows;
 * - a QoS 2 message that came after that queue was read, so that it can't have been delivered: a full queue has dropped it.
 *   It goes out to who is there now, and is not sent again. An older one may have been delivered, and exactly-once forbids.
 */
function forgivingTheUnknown(store: SessionStore): Partial<SessionStore> {
  const update = store.outgoingUpdate.bind(store);
  const read = store.outgoingStream.bind(store);
  const enqueue = store.outgoingEnqueueCombi.bind(store);
  let broker: string | undefined;
  let newest = 0;
  /** The number of the newest message when a connected client's queue was read. */
  const newestRead = new WeakMap<SessionClient, number>();
  const cameLater = (client: SessionClient, { brokerId, brokerCounter = 0 }: SessionPacket): boolean =>
    brokerId === broker && brokerCounter > (newestRead.get(client) ?? Infinity);
  return {
    outgoingEnqueueCombi(subscriptions, packet) {
      broker = packet.brokerId;
      newest = Math.max(newest, packet.brokerCounter ?? 0);
      return enqueue(subscriptions, packet);
    },
    outgoingStream(client) {
      newestRead.set(client, newest);
      return read(client);
    },
    async outgoingUpdate(client, packet) {
      try {
        await update(client, packet);
      } catch (error) {
        const isForgiven = packet.cmd === 'pubrel' || packet.qos === 1 || cameLater(client, packet);
        if (!isForgiven || !(error instanceof UnknownPacketError)) throw error;
      }
    },
  };
}

/** What is put before a store's methods, and what follows when the store itself has ended a session. */
interface Addition {
  readonly methods: Partial<SessionStore>;
  readonly ended: (clientId: string) => void;
}

function releasing(store: SessionStore, acceptance: Pick<GatewayAcceptance, 'released'>): Addition {
  const live = new Map<string, Set<number>>();
  const storePacket = store.incomingStorePacket.bind(store);
  const delPacket = store.incomingDelPacket.bind(store);
  const clean = store.cleanIncoming.bind(store);
  const ended = (clientId: string) => {
    for (const id of live.get(clientId) ?? []) acceptance.released(clientId, id);
    live.delete(clientId);
  };
  const methods: Partial<SessionStore> = {
    incomingStorePacket(client, packet) {
      if (packet.messageId !== undefined) idsOf(live, client.id).add(packet.messageId);
      return storePacket(client, withoutContent(packet));
    },
    async incomingDelPacket(client, packet) {
      await delPacket(client, packet);
      if (packet.messageId === undefined) return;
      acceptance.released(client.id, packet.messageId);
      const ids = live.get(client.id);
      if (ids?.delete(packet.messageId) && ids.size === 0) live.delete(client.id);
    },
    cleanIncoming(client) {
      ended(client.id);
      return clean(client);
    },
  };
  return { methods, ended };
}

/** The broker asks of a QoS 2 packet only whether it came; what it said is in the log and with its subscribers. */
function withoutContent({ cmd, qos, messageId }: SessionPacket): SessionPacket {
  return { ...(cmd === undefined ? {} : { cmd }), ...(qos === undefined ? {} : { qos }), messageId };
}

function idsOf(live: Map<string, Set<number>>, clientId: string): Set<number> {
  let ids = live.get(clientId);
  if (ids === undefined) live.set(clientId, (ids = new Set()));
  return ids;
}

function remembering(store: SessionStore): Addition {
  const known = new Map<string, Promise<ClientSubscription[]>>();
  let subscriptions = 0;
  const byTopic = store.subscriptionsByTopic.bind(store);
  const add = store.addSubscriptions.bind(store);
  const remove = store.removeSubscriptions.bind(store);
  const clean = store.cleanSubscriptions.bind(store);
  const enqueue = store.outgoingEnqueueCombi.bind(store);
  const forget = () => {
    known.clear();
    subscriptions = 0;
  };
  /** Before, for who asks meanwhile; after, for what was found meanwhile. */
  const forgetting = async <T>(change: Promise<T>): Promise<T> => {
    forget();
    try {
      return await change;
    } finally {
      forget();
    }
  };
  const done = Promise.resolve();
  const methods: Partial<SessionStore> = {
    subscriptionsByTopic(topic) {
      let found = known.get(topic);
      if (found !== undefined) return found;
      if (known.size + subscriptions >= MAX_REMEMBERED) forget();
      found = topic === DROPPED_TOPIC ? Promise.resolve(NOBODY) : byTopic(topic);
      known.set(topic, found);
      found.then(
        // Thousands of sessions may wait for each of thousands of topics.
        ({ length }) => (subscriptions += length),
        // A failure is for the one who asked; the next one asks again.
        () => known.delete(topic),
      );
      return found;
    },
    outgoingEnqueueCombi: (subscriptions, packet) =>
      subscriptions.length === 0 ? done : enqueue(subscriptions, packet),
    addSubscriptions: (client, subscriptions) => forgetting(add(client, subscriptions)),
    removeSubscriptions: (client, topics) => forgetting(remove(client, topics)),
    cleanSubscriptions: (client) => forgetting(clean(client)),
  };
  return { methods, ended: forget };
}
