import type { AlertTransition } from '@seawall/model';

/** A way by which people hear of alerts. */
export interface Channel {
  readonly name: string;
  /**
   * Resolves when the channel's other side has taken the message. Called one at a time, in the journal's order, for one
   * alert and for those that share a topic, and side by side for others; after a crash the last ones may be delivered
   * again, with the same id and revision.
   */
  deliver(transition: AlertTransition): Promise<void>;
}
