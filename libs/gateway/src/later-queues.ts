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
  #scheduled = false;

  constructor(enqueue: SessionStore['outgoingEnqueueCombi']) {
    this.#enqueue = enqueue;
  }

  /** @returns resolves when it is written */
  put(subscriptions: Recipients, packet: SessionPacket): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.join({ subscriptions, packet, resolve });
      this.#schedule();
    });
  }

  /** Puts all into their queues now. */
  flush(): void {
    while (this.#waiting.first !== undefined) this.#putFirst();
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
    resolve(this.#enqueue(subscriptions, packet));
    return subscriptions.length;
  }
}
