/** A bounded number of something that is taken and given back: streams, queries, bytes. */
export class Slots {
  readonly #limit: number;
  #taken = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get taken(): number {
    return this.#taken;
  }

  /** @returns false, taking nothing, if fewer than `count` are left */
  take(count = 1): boolean {
    if (this.#taken + count > this.#limit) return false;
    this.#taken += count;
    return true;
  }

  giveBack(count = 1): void {
    this.#taken -= count;
  }
}
