import type { Aedes } from 'aedes';
import type { BrokerEmitter, NumberedPacket } from './broker-internals.ts';

type Publish = (packet: object, client: unknown, done?: (error?: Error | null) => void) => void;

/**
 * Lets the broker tell subscribers of messages in the order in which it numbered them, whatever each has waited for. It takes
 * a number that is not greater than the last one a client was told of for a message told twice, and drops it without
 * a word; so a message that waits for the disk was lost to all who had meanwhile been told of a later one.
 */
export function emitInOrder(broker: Aedes): void {
  const internals = broker as unknown as BrokerEmitter & { publish: Publish };
  const { mq } = internals;
  const [publish, emit] = [internals.publish.bind(broker), mq.emit.bind(mq)];
  /** By number, in order: what is on its way, and how to tell of it once it is ready. */
  const onTheirWay = new Map<number, (() => void) | undefined>();

  const tellReady = () => {
    for (const [number, tell] of onTheirWay) {
      if (tell === undefined) return;
      onTheirWay.delete(number);
      tell();
    }
  };

  internals.publish = (packet, client, done) => {
    const callback = typeof client === 'function' ? (client as typeof done) : done;
    const sender = typeof client === 'function' ? null : client;
    // The number that it is about to get.
    const number = internals.counter + 1;
    onTheirWay.set(number, undefined);
    publish(packet, sender, (error) => {
      // It was never told of: it could not be stored.
      if (onTheirWay.delete(number)) tellReady();
      callback?.(error);
    });
  };
  mq.emit = (packet: NumberedPacket, done) => {
    const number = packet.brokerCounter;
    if (number === undefined || !onTheirWay.has(number)) return emit(packet, done);
    onTheirWay.set(number, () => void emit(packet, done));
    tellReady();
    return mq;
  };
}
