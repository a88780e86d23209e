import type { SessionPacket, SessionStore } from '@seawall/ports';
import { Line } from './line.ts';

type Recipients = Parameters<SessionStore['outgoingEnqueueCombi']>[0];

interface Waiting {
  readonly subscriptions: Recipients;
  readonly packet: SessionPacket;
  readonly resolve: (queued: Promise<void>) => void;
}

/** Of messages that are put into queues in one turn, unless one alone has more. */
const RECIPIENTS_A_TURN = 1_000;

/** Messages that are put into queues later, some in each turn of the event loop, with all else in between. */
export class LaterQueues {
  readonly #enqueue: SessionStore['outgoingEnqueueCombi'];
  readonly #waiting = new Line<Waiting>();
  /** How many of the waiting messages are owed to a client. */
  readonly #owed = new Map<string, number>();
  /** Whose session has ended since they began to wait: they are owed nothing any more. */
  readonly #ended = new Set<string>();
  #scheduled = false;

  constructor(enqueue: SessionStore['outgoingEnqueueCombi']) {
    this.#enqueue = enqueue;
  }

  /** @returns resolves when it is written */
  put(subscriptions: Recipients, packet: SessionPacket): Promise<void> {
    for (const { clientId } of subscriptions) this.#owed.set(clientId, (this.#owed.get(clientId) ?? 0) + 1);
    return new Promise((resolve) => {
      this.#waiting.join({ subscriptions, packet, resolve });
      this.#schedule();
    });
  }

  /** Puts all into their queues now. */
  flush(): void {
    while (this.#waiting.first !== undefined) this.#putFirst();
  }

  /** Puts what is owed to a client into its queue now, and all that came before. */
  flushFor(clientId: string): void {
    while (this.#owed.has(clientId)) this.#putFirst();
  }

  /** A client's session has ended. */
  forget(clientId: string): void {
    if (this.#owed.has(clientId)) this.#ended.add(clientId);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      for (let put = 0; put < RECIPIENTS_A_TURN && this.#waiting.first !== undefined;) put += this.#putFirst();
      if (this.#waiting.first !== undefined) this.#schedule();
    });
  }

  /** @returns how many recipients it has */
  #putFirst(): number {
    const { subscriptions, packet, resolve } = this.#waiting.first!;
    this.#waiting.leave();
    const owed = subscriptions.filter(({ clientId }) => !this.#ended.has(clientId));
    for (const { clientId } of subscriptions) this.#oweOneLess(clientId);
    resolve(owed.length === 0 ? Promise.resolve() : this.#enqueue(owed, packet));
    return subscriptions.length;
  }

  #oweOneLess(clientId: string): void {
    const left = this.#owed.get(clientId)! - 1;
    if (left > 0) {
      this.#owed.set(clientId, left);
      return;
    }
    this.#owed.delete(clientId);
    this.#ended.delete(clientId);
  }
}
