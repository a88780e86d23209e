/** Holes at the front that are left before the rest moves up. */
const MOST_HOLES = 1024;

/** Those who wait one behind the other: who joins last leaves last. */
export class Line<T> {
  readonly #items: (T | undefined)[] = [];
  /** Where the first stands. */
  #head = 0;

  get first(): T | undefined {
    return this.#items[this.#head];
  }

  join(item: T): void {
    this.#items.push(item);
  }

  /** The first leaves. */
  leave(): void {
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#items.length) {
      this.#items.length = 0;
      this.#head = 0;
    } else if (this.#head > MOST_HOLES && this.#head * 2 > this.#items.length) {
      this.#items.splice(0, this.#head);
      this.#head = 0;
    }
  }

  /** @param place 0 for the one that is sought, below for those before it, above for those behind; in the order of the line */
  find(place: (item: T) => number): T | undefined {
    let [from, to] = [this.#head, this.#items.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      const item = this.#items[middle]!;
      const found = place(item);
      if (found === 0) return item;
      if (found < 0) from = middle + 1;
      else to = middle;
    }
    return undefined;
  }
}
