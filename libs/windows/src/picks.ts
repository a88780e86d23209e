const FIRST_CAPACITY = 8;

/**
 * Which series of a batch go to a set, and as which of its members: in columns that are used again for the next batch.
 * No two are of one series.
 */
export class Picks {
  #members = new Uint32Array(FIRST_CAPACITY);
  #series = new Uint32Array(FIRST_CAPACITY);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** At least as long as there are picks: numbers from `WindowSet.member`. */
  get members(): Uint32Array {
    return this.#members;
  }

  /** At least as long as there are picks: places in `batch.series`. */
  get series(): Uint32Array {
    return this.#series;
  }

  /** @returns how many there are */
  add(member: number, series: number): number {
    if (this.#length === this.#members.length) {
      this.#members = doubled(this.#members);
      this.#series = doubled(this.#series);
    }
    this.#members[this.#length] = member;
    this.#series[this.#length] = series;
    return ++this.#length;
  }

  clear(): void {
    this.#length = 0;
  }
}

function doubled(column: Uint32Array) {
  const larger = new Uint32Array(column.length * 2);
  larger.set(column);
  return larger;
}
