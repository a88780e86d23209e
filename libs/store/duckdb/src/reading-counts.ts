/** How many readings each series has, by the series' number. What a write brings is noted, and counts once committed. */
export class ReadingCounts {
  #counts = new Float64Array(1024);
  #growth = new Float64Array(1024);
  /** Numbers of the series noted since the last commit; some stand more than once. */
  #noted: number[] = [];
  /** Series that have readings. */
  series = 0;

  of(id: number): number {
    return this.#counts[id] ?? 0;
  }

  /** Of the series with numbers below `size`, as they are now. */
  copy(size: number): Float64Array {
    const copied = new Float64Array(size);
    copied.set(this.#counts.subarray(0, size));
    return copied;
  }

  note(id: number, growth: number): void {
    this.#reserve(id + 1);
    if (this.#growth[id] === 0) this.#noted.push(id);
    this.#growth[id]! += growth;
  }

  commit(): void {
    for (const id of this.#noted) {
      const growth = this.#growth[id]!;
      this.#growth[id] = 0;
      this.add(id, growth);
    }
    this.#noted = [];
  }

  add(id: number, growth: number): void {
    this.#reserve(id + 1);
    const before = this.#counts[id]!;
    this.#counts[id] = before + growth;
    this.series += Number(before + growth > 0) - Number(before > 0);
  }

  #reserve(size: number): void {
    if (size <= this.#counts.length) return;
    const grown = (column: Float64Array) => {
      const wider = new Float64Array(Math.max(size, column.length * 2));
      wider.set(column);
      return wider;
    };
    this.#growth = grown(this.#growth);
    this.#counts = grown(this.#counts);
  }
}
