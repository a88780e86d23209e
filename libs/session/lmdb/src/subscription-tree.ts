import type { ClientSubscription } from '@seawall/ports';

interface Node {
  readonly children: Map<string, Node>;
  /** The subscriptions whose filter ends here, by client. */
  readonly here: Map<string, ClientSubscription>;
}

/** Subscriptions by the levels of their filters: what a topic matches is found in steps of its levels, not of the clients. */
export class SubscriptionTree {
  readonly #root = newNode();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** One subscription of a client to a filter; a former one is replaced. */
  set(subscription: ClientSubscription): void {
    let node = this.#root;
    for (const level of subscription.topic.split('/')) {
      let child = node.children.get(level);
      if (child === undefined) node.children.set(level, (child = newNode()));
      node = child;
    }
    if (!node.here.has(subscription.clientId)) this.#size++;
    node.here.set(subscription.clientId, subscription);
  }

  delete(clientId: string, filter: string): void {
    this.#delete(this.#root, filter.split('/'), 0, clientId);
  }

  /** @returns copies of the subscriptions whose filter matches */
  match(topic: string): ClientSubscription[] {
    const found: ClientSubscription[] = [];
    if (this.#size > 0) collect(this.#root, topic.split('/'), 0, found);
    return found;
  }

  #delete(node: Node, levels: readonly string[], depth: number, clientId: string): void {
    const level = levels[depth];
    if (level === undefined) {
      if (node.here.delete(clientId)) this.#size--;
      return;
    }
    const child = node.children.get(level);
    if (child === undefined) return;
    this.#delete(child, levels, depth + 1, clientId);
    if (child.here.size === 0 && child.children.size === 0) node.children.delete(level);
  }
}

function collect(node: Node, levels: readonly string[], depth: number, found: ClientSubscription[]): void {
  const level = levels[depth];
  // [MQTT-4.7.2-1]: topics of the broker's own are not matched by a wildcard at the front.
  const wildcards = depth > 0 || !levels[0]!.startsWith('$');
  if (wildcards) take(node.children.get('#'), found);
  if (level === undefined) {
    take(node, found);
    return;
  }
  const child = node.children.get(level);
  if (child !== undefined) collect(child, levels, depth + 1, found);
  const one = wildcards ? node.children.get('+') : undefined;
  if (one !== undefined) collect(one, levels, depth + 1, found);
}

function take(node: Node | undefined, found: ClientSubscription[]): void {
  if (node === undefined) return;
  for (const subscription of node.here.values()) found.push({ ...subscription });
}

function newNode(): Node {
  return { children: new Map(), here: new Map() };
}
