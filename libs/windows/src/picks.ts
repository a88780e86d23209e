/** Small, since each of ten thousand rules may have a set of its own. */
const FIRST_CAPACITY = 4;

/**
 * Which series of a batch go to a set, and as which of its members: in columns that are used again for the next batch.
 * A member is picked twice where its series stands twice, since its labels have changed within the batch.
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
    const at = this.#length;
    if (at === this.#members.length) this.#grow();
    this.#members[at] = member;
    this.#series[at] = series;
    this.#length = at + 1;
    return at + 1;
  }

  clear(): void {
    this.#length = 0;
  }

  #grow(): void {
    const [members, series] = [this.#members, this.#series];
    this.#members = new Uint32Array(members.length * 2);
    this.#members.set(members);
    this.#series = new Uint32Array(series.length * 2);
    this.#series.set(series);
  }
}
