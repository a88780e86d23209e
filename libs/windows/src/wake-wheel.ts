const SECOND = 1000;
const NOBODY: readonly never[] = [];

/** Something that is looked at when the clock comes to it. */
export interface Sleeper {
  /** The running clock at which it is to be looked at, ms; Infinity while it need not be. */
  wakeAt: number;
}

/**
 * Who is to be looked at when, in buckets of a second of the running clock, so that a tick costs only those it may bring
 * something about for. Whoever wakes may do so up to a second early, never late.
 */
export class WakeWheel<T extends Sleeper> {
  readonly #buckets = new Map<number, T[]>();
  /** The last second that was taken. */
  #at = -Infinity;
  #next: T[] = [];
  /** The second before which nobody wakes. */
  #earliest = Infinity;

  /** To wake at `clock`; what it was to wake at before counts no more. */
  add(sleeper: T, clock: number): void {
    sleeper.wakeAt = clock;
    if (clock === Infinity) return;
    const second = Math.floor(clock / SECOND);
    if (second < this.#earliest) this.#earliest = second;
    const bucket = second <= this.#at ? this.#next : this.#buckets.get(second);
    if (bucket === undefined) this.#buckets.set(second, [sleeper]);
    else bucket.push(sleeper);
  }

  /** Takes out who has come due, each once. @param clock running clock, ms; never less than before */
  take(clock: number): readonly T[] {
    const now = Math.floor(clock / SECOND);
    if (now < this.#earliest) return NOBODY;
    const taken = this.#next;
    this.#next = [];
    for (const second of this.#secondsTo(now)) {
      for (const sleeper of this.#buckets.get(second) ?? []) taken.push(sleeper);
      this.#buckets.delete(second);
    }
    this.#at = Math.max(this.#at, now);
    this.#earliest = Infinity;
    for (const second of this.#buckets.keys()) if (second < this.#earliest) this.#earliest = second;
    return taken.filter((sleeper) => this.#wakes(sleeper, now));
  }

  /** One that has been given another time since sleeps on; its new time has an entry of its own. */
  #wakes(sleeper: T, now: number): boolean {
    if (Math.floor(sleeper.wakeAt / SECOND) > now) return false;
    sleeper.wakeAt = Infinity;
    return true;
  }

  /** After a pause longer than there are buckets it is sooner to look at those. */
  #secondsTo(now: number): number[] {
    if (now - this.#at > this.#buckets.size) return [...this.#buckets.keys()].filter((second) => second <= now);
    return Array.from({ length: Math.max(0, now - this.#at) }, (_, i) => this.#at + 1 + i);
  }
}
