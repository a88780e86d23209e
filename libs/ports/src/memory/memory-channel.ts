import type { AlertTransition } from '@seawall/model';
import type { Channel } from '../channel.ts';

export interface MemoryChannel extends Channel {
  /** What was delivered, oldest first. */
  readonly delivered: readonly AlertTransition[];
  /** Deliveries are rejected with this error until it is called without one. */
  failWith(error?: Error): void;
}

/** A channel that only remembers. For tests. */
export function createMemoryChannel(name = 'memory'): MemoryChannel {
  const delivered: AlertTransition[] = [];
  let failure: Error | undefined;
  return {
    name,
    delivered,
    failWith: (error) => {
      failure = error;
    },
    deliver: async (transition) => {
      if (failure !== undefined) throw failure;
      delivered.push(transition);
    },
  };
}
