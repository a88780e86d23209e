import type { TimeRange } from './readings-sql.ts';

/** Whether a range may hold readings that lie in `raw`: once it is true it stays so. */
export interface UnsealedWatch {
  readonly touched: boolean;
  /** To be called when nobody asks any more. */
  end(): void;
}

/**
 * Between which event times all lies that is in `raw`: the bounds may be wider than that, never narrower, so that who asks
 * for another range need not look there. A write widens them before it commits, and sealing narrows them after.
 *
 * A query looks before its snapshot begins and again after, and what it must know is whether the bounds have reached its
 * range at any moment in between: hence the watch, which remembers. If they have not, then no write that the snapshot
 * might hold has put anything of the range into `raw`, and what was sealed before the first look the snapshot has.
 */
export class UnsealedBounds {
  #first = Infinity;
  #last = -Infinity;
  /** What has come since `mark`. */
  #firstSince = Infinity;
  #lastSince = -Infinity;
  readonly #watches = new Set<Watch>();

  /** Before the commit of a write, and again after it. Microseconds, both inclusive. */
  widen(first: number, last: number): void {
    if (first > last) return;
    this.#first = Math.min(this.#first, first);
    this.#last = Math.max(this.#last, last);
    this.#firstSince = Math.min(this.#firstSince, first);
    this.#lastSince = Math.max(this.#lastSince, last);
    for (const watch of this.#watches) watch.note(first, last);
  }

  /** Before the snapshot of whoever is going to find out what is left in `raw`. */
  mark(): void {
    this.#firstSince = Infinity;
    this.#lastSince = -Infinity;
  }

  /** Once what was taken out of `raw` is committed. @param first @param last of what the snapshot has left there */
  narrow(first: number, last: number): void {
    this.#first = Math.min(first, this.#firstSince);
    this.#last = Math.max(last, this.#lastSince);
  }

  watch(range: TimeRange): UnsealedWatch {
    const watch = new Watch(range, () => this.#watches.delete(watch));
    watch.note(this.#first, this.#last);
    this.#watches.add(watch);
    return watch;
  }
}

class Watch implements UnsealedWatch {
  touched = false;
  readonly #range: TimeRange;
  readonly end: () => void;

  constructor(range: TimeRange, end: () => void) {
    this.#range = range;
    this.end = end;
  }

  note(first: number, last: number): void {
    this.touched ||= first < this.#range.to && last >= this.#range.from;
  }
}
