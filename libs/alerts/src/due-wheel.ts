const SECOND = 1000;

/** What is due when, in buckets of a second of the running clock, so that a tick costs only what has become due. */
export class DueWheel<T> {
  readonly #buckets = new Map<number, T[]>();
  /** What was due already when it was put in. */
  #overdue: T[] = [];
  /** The last second that was taken; -Infinity before the first. */
  #at = -Infinity;

  /** @param due running clock, ms @returns the second of its bucket */
  add(due: number, item: T): number {
    const second = Math.ceil(due / SECOND);
    const bucket = second <= this.#at ? this.#overdue : this.#buckets.get(second);
    if (bucket === undefined) this.#buckets.set(second, [item]);
    else bucket.push(item);
    return second;
  }

  /** Takes out what is due. @param clock running clock, ms; never less than before */
  take(clock: number): T[] {
    const now = Math.floor(clock / SECOND);
    const taken = this.#overdue;
    this.#overdue = [];
    for (const second of this.#secondsTo(now)) {
      for (const item of this.#buckets.get(second) ?? []) taken.push(item);
      this.#buckets.delete(second);
    }
    this.#at = Math.max(this.#at, now);
    return taken;
  }

  /** After a pause longer than there are buckets it is sooner to look at those. */
  #secondsTo(now: number): number[] {
    if (now - this.#at > this.#buckets.size) return [...this.#buckets.keys()].filter((second) => second <= now);
    return Array.from({ length: Math.max(0, now - this.#at) }, (_, i) => this.#at + 1 + i);
  }
}

/** The clock in whole seconds, which is how finely anything becomes due. */
export function wholeSecond(clock: number): number {
  return Math.floor(clock / SECOND) * SECOND;
}
