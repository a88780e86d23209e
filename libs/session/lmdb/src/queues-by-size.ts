import type { ClientQueue } from './client-queue.ts';

/** Ranks to a doubling of size: queues of one rank differ by a fifth at most. */
const RANKS_PER_DOUBLING = 4;

/** The clients' queues by how many bytes they hold, in ranks, so that keeping them in order costs next to nothing. */
export class QueuesBySize {
  readonly #ranks: Set<ClientQueue>[] = [];
  readonly #rankOf = new Map<ClientQueue, number>();

  /** A queue has grown or shrunk. */
  changed(queue: ClientQueue): void {
    const rank = queue.bytes > 0 ? Math.ceil(RANKS_PER_DOUBLING * Math.log2(queue.bytes)) : undefined;
    const before = this.#rankOf.get(queue);
    if (rank === before) return;
    if (before !== undefined) this.#ranks[before]!.delete(queue);
    if (rank === undefined) {
      this.#rankOf.delete(queue);
    } else {
      this.#rankOf.set(queue, rank);
      while (this.#ranks.length <= rank) this.#ranks.push(new Set());
      this.#ranks[rank]!.add(queue);
    }
  }

  /** One that no other exceeds by more than a fifth; undefined if all are empty. */
  largest(): ClientQueue | undefined {
    for (let rank = this.#ranks.length - 1; rank >= 0; rank--) {
      for (const queue of this.#ranks[rank]!) return queue;
    }
    return undefined;
  }
}
