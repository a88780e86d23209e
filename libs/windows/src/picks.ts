/**
 * Which series of a batch go to a set, and as which of its members: in columns that are used again for the next batch.
 * No two are of one series.
 */
export class Picks {
  readonly #members: number[] = [];
  readonly #series: number[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** At least as long as there are picks: numbers from `WindowSet.member`. */
  get members(): readonly number[] {
    return this.#members;
  }

  /** At least as long as there are picks: places in `batch.series`. */
  get series(): readonly number[] {
    return this.#series;
  }

  /** @returns how many there are */
  add(member: number, series: number): number {
    this.#members[this.#length] = member;
    this.#series[this.#length] = series;
    return ++this.#length;
  }

  clear(): void {
    this.#length = 0;
  }
}
