import type { SessionStore } from '@seawall/ports';
import type { Aedes } from 'aedes';
import type { BrokerEmitter } from './broker-internals.ts';

type Done = (error?: Error | null) => void;
type Publish = (packet: { readonly qos?: number }, client: unknown, done?: Done) => void;

const DONE = Promise.resolve();

/**
 * Lets the broker tell those who are connected while a message is still being written for the sessions of those who are
 * not: it would wait first, however many these are. A publish is over only when both are, so its publisher learns of a
 * failed write as before, and what the hub publishes is announced again after a crash in between. Nobody is told of what
 * is not in his own queue, since the store has that in memory from the call on.
 */
export function tellBeforeQueued(broker: Aedes, sessions: SessionStore): void {
  const internals = broker as unknown as BrokerEmitter & { publish: Publish };
  const publish = internals.publish.bind(broker);
  const enqueue = sessions.outgoingEnqueueCombi.bind(sessions);
  /** By the number of the message. */
  const writing = new Map<number, Promise<void>>();

  sessions.outgoingEnqueueCombi = (subscriptions, packet) => {
    const queued = enqueue(subscriptions, packet);
    if (subscriptions.length === 0 || packet.brokerCounter === undefined) return queued;
    queued.catch(() => undefined); // Its publisher is told.
    writing.set(packet.brokerCounter, queued);
    return DONE;
  };
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
