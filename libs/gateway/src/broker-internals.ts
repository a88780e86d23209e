import type { Client } from 'aedes';
import type { Matcher } from './remembered-matches.ts';

/**
 * What is used of aedes 1.2 that its types do not show. Each use has a test that fails if aedes changes it.
 */
export interface BrokerClient extends Client {
  _keepaliveTimer: NodeJS.Timeout | null;
  /** True from the moment that its CONNECT was accepted. */
  readonly _authorized: boolean;
}

/** Of a message that the broker has taken. */
export interface NumberedPacket {
  readonly brokerCounter?: number;
}

/** Who is told of a publish now, by topic, and the number that the last message got. */
export interface BrokerEmitter {
  readonly counter: number;
  readonly mq: {
    readonly _matcher: Matcher<unknown>;
    emit(packet: NumberedPacket, done?: (error?: Error) => void): unknown;
  };
}

/** A publish that nobody gets: the broker acknowledges it, and finds no subscriber and nothing to retain. */
export const DROPPED_TOPIC = '$SYS/seawall/dropped';
