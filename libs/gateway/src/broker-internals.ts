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

/** Who is told of a publish now, by topic. */
export interface BrokerEmitter {
  readonly mq: { readonly _matcher: Matcher<unknown> };
}

/** A publish that nobody gets: the broker acknowledges it, and finds no subscriber and nothing to retain. */
export const DROPPED_TOPIC = '$SYS/seawall/dropped';
