import type { Client } from 'aedes';

/** Bounds the subscriptions of each client, whether its session is kept or not. */
export class SubscriptionBound {
  readonly #most: number;
  /** Also those that are granted but not made yet: the broker asks for all of a packet before it makes the first. */
  readonly #granted = new WeakMap<Client, Set<string>>();

  constructor(most: number) {
    this.#most = most;
  }

  /** To be asked before each subscription. @returns whether the client may have it, and is not to be cut off */
  admits(client: Client, topic: string): boolean {
    let granted = this.#granted.get(client);
    if (granted === undefined) this.#granted.set(client, (granted = new Set()));
    if (granted.size >= this.#most && !granted.has(topic)) return false;
    granted.add(topic);
    return true;
  }

  /** To be told of what a client has taken back. */
  release(client: Client, topics: readonly string[]): void {
    const granted = this.#granted.get(client);
    for (const topic of topics) granted?.delete(topic);
  }
}
