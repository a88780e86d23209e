import type { SessionClient, SessionStore } from '@seawall/ports';
import type { Aedes } from 'aedes';
import type { BrokerEmitter } from './broker-internals.ts';
import { LaterQueues } from './later-queues.ts';

type Recipient = Parameters<SessionStore['outgoingEnqueueCombi']>[0][number];
type Done = (error?: Error | null) => void;
type Publish = (packet: { readonly qos?: number }, client: unknown, done?: Done) => void;

const DONE = Promise.resolve();

/**
 * Lets the broker tell those who are connected before a message is put into the queues of those who are not, however many
 * these are; it would do that first, and wait for the disk. A publish is over only when all is written, so its publisher
 * learns of a failure as before, and what the hub publishes is announced again after a crash in between. Who is here has
 * the message in his queue before he is told, and who comes has all that came before in it before he is heard.
 */
export function tellBeforeQueued(broker: Aedes, sessions: SessionStore): void {
  const enqueue = sessions.outgoingEnqueueCombi.bind(sessions);
  const later = new LaterQueues(enqueue);
  const here = clientsHere(sessions, (clientId) => later.flushFor(clientId));
  sessions.onSessionEnded((clientId) => later.forget(clientId));
  /** By the number of the message. */
  const writing = new Map<number, Promise<unknown>>();

  sessions.outgoingEnqueueCombi = (subscriptions, packet) => {
    if (subscriptions.length === 0 || packet.brokerCounter === undefined) return enqueue(subscriptions, packet);
    const [ofHere, ofGone] = parted(subscriptions, here);
    const queued = Promise.all([enqueue(ofHere, packet), ofGone.length === 0 ? DONE : later.put(ofGone, packet)]);
    queued.catch(() => undefined); // Its publisher is told.
    writing.set(packet.brokerCounter, queued);
    return DONE;
  };
  endPublishes(broker, writing);
  const close = broker.close.bind(broker);
  broker.close = (callback) => {
    later.flush();
    close(callback);
  };
}

/** Lets a publish be over only when what is being written of its message is. */
function endPublishes(broker: Aedes, writing: Map<number, Promise<unknown>>): void {
  const internals = broker as unknown as BrokerEmitter & { publish: Publish };
  const publish = internals.publish.bind(broker);
  internals.publish = (packet, client, done) => {
    const callback = typeof client === 'function' ? (client as Done) : done;
    const sender = typeof client === 'function' ? null : client;
    if (!packet.qos) return publish(packet, sender, callback);
    // The one that it is about to get.
    const number = internals.counter + 1;
    publish(packet, sender, (error) => {
      const queued = writing.get(number);
      writing.delete(number);
      if (error || queued === undefined) callback?.(error);
      else
        void queued.then(
          () => callback?.(),
          (failure: Error) => callback?.(failure),
        );
    });
  };
}

/** @param beforeOneComes is called with the client's id before anybody is here that was not */
function clientsHere(
  sessions: SessionStore,
  beforeOneComes: (clientId: string) => void,
): ReadonlyMap<string, SessionClient> {
  const here = new Map<string, SessionClient>();
  const [came, left] = [sessions.clientCame.bind(sessions), sessions.clientLeft.bind(sessions)];
  sessions.clientCame = (client) => {
    beforeOneComes(client.id);
    here.set(client.id, client);
    came(client);
  };
  sessions.clientLeft = (client) => {
    if (here.get(client.id) === client) here.delete(client.id);
    left(client);
  };
  return here;
}

/** @returns the subscriptions of clients that are here, and those of the others */
function parted(
  subscriptions: readonly Recipient[],
  here: ReadonlyMap<string, SessionClient>,
): [Recipient[], Recipient[]] {
  const [ofHere, ofGone]: [Recipient[], Recipient[]] = [[], []];
  for (const subscription of subscriptions) (here.has(subscription.clientId) ? ofHere : ofGone).push(subscription);
  return [ofHere, ofGone];
}
