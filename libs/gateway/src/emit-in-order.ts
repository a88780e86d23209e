import type { Aedes } from 'aedes';
import type { BrokerEmitter, NumberedPacket } from './broker-internals.ts';
import { Line } from './line.ts';

type Done = (error?: Error | null) => void;
type Publish = (packet: object, client: unknown, done?: Done) => void;

/** A message from the moment that it has a number. */
interface OnItsWay {
  readonly number: number;
  /** What is left to be told, once it waits only for those before it. */
  packet: NumberedPacket | undefined;
  done: ((error?: Error) => void) | undefined;
  /** It was told of, or never will be. */
  isOver: boolean;
}

/**
 * Lets the broker tell subscribers of messages in the order in which it numbered them, whatever each has waited for. It takes
 * a number that is not greater than the last one a client was told of for a message told twice, and drops it without
 * a word; so a message that waits for the disk was lost to all who had meanwhile been told of a later one.
 */
export function emitInOrder(broker: Aedes): void {
  const internals = broker as unknown as BrokerEmitter & { publish: Publish };
  const { mq } = internals;
  const [publish, emit] = [internals.publish.bind(broker), mq.emit.bind(mq)];
  const onTheirWay = new Line<OnItsWay>();

  const tellReady = () => {
    for (let first = onTheirWay.first; first !== undefined; first = onTheirWay.first) {
      const { packet, done, isOver } = first;
      if (packet === undefined && !isOver) return;
      onTheirWay.leave();
      first.isOver = true;
      if (packet !== undefined) emit(packet, done);
    }
  };

  internals.publish = (packet, client, done) => {
    const callback = typeof client === 'function' ? (client as Done) : done;
    const sender = typeof client === 'function' ? null : client;
    // The number that it is about to get.
    const message: OnItsWay = { number: internals.counter + 1, packet: undefined, done: undefined, isOver: false };
    onTheirWay.join(message);
    publish(packet, sender, (error) => {
      if (!message.isOver) {
        // It could not be stored.
        message.isOver = true;
        tellReady();
      }
      callback?.(error);
    });
  };
  mq.emit = (packet, done) => {
    const number = packet.brokerCounter;
    const { first } = onTheirWay;
    if (number === undefined || first === undefined || number < first.number) return emit(packet, done);
    if (number === first.number) {
      // As nearly all do: nobody is before it.
      onTheirWay.leave();
      first.isOver = true;
      emit(packet, done);
      tellReady();
      return mq;
    }
    const message = onTheirWay.find((other) => other.number - number);
    if (message === undefined) return emit(packet, done);
    message.packet = packet;
    message.done = done;
    return mq;
  };
}
