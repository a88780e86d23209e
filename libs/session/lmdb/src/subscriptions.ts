import type { ClientSubscription, SessionSubscription } from '@seawall/ports';
import type { Database } from 'lmdb';
import { hashKey } from './keys.ts';
import { SubscriptionTree } from './subscription-tree.ts';

/** The subscriptions of sessions: all of them in memory, so that matching never touches the disk. */
export class Subscriptions {
  readonly #db: Database<Buffer, Buffer>;
  readonly #maxPerClient: number;
  readonly #clients = new Map<string, Map<string, SessionSubscription>>();
  /** Those of QoS 1 and 2. */
  readonly #tree = new SubscriptionTree();
  /** The last write under way, by client: who adds what is being written waits for it as well. */
  readonly #writing = new Map<string, Promise<void>>();

  constructor(db: Database<Buffer, Buffer>, maxPerClient: number) {
    this.#db = db;
    this.#maxPerClient = maxPerClient;
    for (const { value } of db.getRange()) {
      const stored = JSON.parse(value.toString()) as ClientSubscription;
      this.#remember(stored.clientId, fieldsOf(stored));
    }
  }

  get sessions(): number {
    return this.#clients.size;
  }

  get acknowledged(): number {
    return this.#tree.size;
  }

  has(clientId: string): boolean {
    return this.#clients.has(clientId);
  }

  clientIds(): Iterable<string> {
    return this.#clients.keys();
  }

  async add(clientId: string, subscriptions: readonly SessionSubscription[]): Promise<void> {
    const stored = this.#clients.get(clientId);
    // One packet may bring fifty thousand, and comes again for each of them: too many by themselves, they are not looked at.
    const tooMany =
      subscriptions.length > this.#maxPerClient || this.#together(stored, subscriptions) > this.#maxPerClient;
    if (tooMany) throw new Error(`Client "${clientId}" may have ${this.#maxPerClient} subscriptions at most.`);
    // The broker hands over the whole packet once for each of its topics: what is stored already is not written again.
    const changed = subscriptions.filter((subscription) => !isSame(stored?.get(subscription.topic), subscription));
    if (changed.length === 0) return this.#writing.get(clientId);
    const writes = changed.map((subscription) => {
      const kept = fieldsOf(subscription);
      this.#remember(clientId, kept);
      return this.#db.put(subscriptionKey(clientId, kept.topic), Buffer.from(JSON.stringify({ clientId, ...kept })));
    });
    return this.#written(
      clientId,
      changed.map(({ topic }) => topic),
      writes,
    );
  }

  async remove(clientId: string, topics: readonly string[]): Promise<void> {
    const known = topics.filter((topic) => this.#clients.get(clientId)?.has(topic));
    if (known.length === 0) return this.#writing.get(clientId);
    const writes = known.map((topic) => {
      this.#forget(clientId, topic);
      return this.#db.remove(subscriptionKey(clientId, topic));
    });
    return this.#written(clientId, known, writes);
  }

  async removeAll(clientId: string): Promise<void> {
    await this.remove(clientId, [...(this.#clients.get(clientId)?.keys() ?? [])]);
  }

  ofClient(clientId: string): SessionSubscription[] {
    return [...(this.#clients.get(clientId)?.values() ?? [])].map((subscription) => ({ ...subscription }));
  }

  matching(topic: string): ClientSubscription[] {
    return this.#tree.match(topic);
  }

  *clientsOf(filter: string): Iterable<string> {
    for (const [clientId, stored] of this.#clients) if (stored.has(filter)) yield clientId;
  }

  #together(stored: ReadonlyMap<string, unknown> | undefined, added: readonly SessionSubscription[]): number {
    return new Set([...(stored?.keys() ?? []), ...added.map(({ topic }) => topic)]).size;
  }

  /** Waits for writes; when they fail, the disk says what the client's subscriptions to these topics are. */
  async #written(clientId: string, topics: readonly string[], writes: readonly Promise<boolean>[]): Promise<void> {
    const written = Promise.all(writes).then(
      () => undefined,
      (error: unknown) => {
        for (const topic of topics) this.#reread(clientId, topic);
        throw error;
      },
    );
    this.#writing.set(clientId, written);
    try {
      await written;
    } finally {
      if (this.#writing.get(clientId) === written) this.#writing.delete(clientId);
    }
  }

  #reread(clientId: string, topic: string): void {
    const stored = this.#db.get(subscriptionKey(clientId, topic));
    if (stored === undefined) this.#forget(clientId, topic);
    else this.#remember(clientId, fieldsOf(JSON.parse(stored.toString()) as SessionSubscription));
  }

  #forget(clientId: string, topic: string): void {
    const stored = this.#clients.get(clientId);
    stored?.delete(topic);
    if (stored?.size === 0) this.#clients.delete(clientId);
    this.#tree.delete(clientId, topic);
  }

  #remember(clientId: string, subscription: SessionSubscription): void {
    let stored = this.#clients.get(clientId);
    if (stored === undefined) this.#clients.set(clientId, (stored = new Map<string, SessionSubscription>()));
    stored.set(subscription.topic, subscription);
    if (subscription.qos > 0) this.#tree.set({ clientId, ...subscription });
    else this.#tree.delete(clientId, subscription.topic);
  }
}

function subscriptionKey(clientId: string, topic: string): Buffer {
  return Buffer.concat([hashKey(clientId), hashKey(topic)]);
}

function isSame(a: SessionSubscription | undefined, b: SessionSubscription): boolean {
  return (
    a !== undefined &&
    a.qos === b.qos &&
    a.rh === b.rh &&
    a.rap === b.rap &&
    a.nl === b.nl &&
    a.subscriptionIdentifier === b.subscriptionIdentifier
  );
}

function fieldsOf(subscription: SessionSubscription): SessionSubscription {
  const { topic, qos, rh, rap, nl, subscriptionIdentifier } = subscription;
  const fields = Object.entries({ topic, qos, rh, rap, nl, subscriptionIdentifier });
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined)) as unknown as SessionSubscription;
}
