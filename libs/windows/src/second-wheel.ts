const SECOND = 1000;

/** The second of a clock that a moment falls into. @param clock ms */
export function secondOf(clock: number): number {
  return Math.floor(clock / SECOND);
}

/** What comes due when, in buckets of a second of the running clock, so that a tick costs only what has come due. */
export class SecondWheel<T> {
  readonly #buckets = new Map<number, T[]>();
  /** What was due already when it was put in. */
  #overdue: T[] = [];
  /** The last second that was taken. */
  #at = -Infinity;
  /** The second before which nothing comes due. */
  #earliest = Infinity;

  /** @param second in which it comes due */
  add(second: number, item: T): void {
    if (second < this.#earliest) this.#earliest = second;
    const bucket = second <= this.#at ? this.#overdue : this.#buckets.get(second);
    if (bucket === undefined) this.#buckets.set(second, [item]);
    else bucket.push(item);
  }

  /** Whether nothing has come due by a second. */
  rests(now: number): boolean {
    return now < this.#earliest;
  }

  /** Takes out what has come due. @param now the second of the clock, never less than before */
  take(now: number): T[] {
    if (this.rests(now)) return [];
    const taken = this.#overdue;
    this.#overdue = [];
    for (const second of this.#secondsTo(now)) {
      for (const item of this.#buckets.get(second) ?? []) taken.push(item);
      this.#buckets.delete(second);
    }
    this.#at = Math.max(this.#at, now);
    this.#earliest = Infinity;
    for (const second of this.#buckets.keys()) if (second < this.#earliest) this.#earliest = second;
    return taken;
  }

  /** After a pause longer than there are buckets it is sooner to look at those. */
  #secondsTo(now: number): number[] {
    if (now - this.#at > this.#buckets.size) return [...this.#buckets.keys()].filter((second) => second <= now);
    return Array.from({ length: Math.max(0, now - this.#at) }, (_, i) => this.#at + 1 + i);
  }
}
