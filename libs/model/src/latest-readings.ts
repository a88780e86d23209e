/**
 * The latest reading of every series, by the series' number. What a write brings is noted beside what is committed, and
 * takes its place when `commit` says so. Times are whole microseconds of the epoch; -Infinity where there is none.
 */
export class LatestReadings {
  #micros = new Float64Array(1024).fill(-Infinity);
  #value = new Float64Array(1024);
  #notedMicros = new Float64Array(1024).fill(-Infinity);
  #notedValue = new Float64Array(1024);
  /** Numbers of the series that were noted since the last commit; some stand more than once. */
  #noted: number[] = [];

  micros(id: number): number {
    return this.#micros[id] ?? -Infinity;
  }

  value(id: number): number {
    return this.#value[id]!;
  }

  /** Makes room for series numbers below `size`. */
  reserve(size: number): void {
    if (size <= this.#micros.length) return;
    const capacity = Math.max(size, this.#micros.length * 2);
    const grown = (column: Float64Array) => {
      const wider = new Float64Array(capacity).fill(-Infinity);
      wider.set(column);
      return wider;
    };
    this.#micros = grown(this.#micros);
    this.#value = grown(this.#value);
    this.#notedMicros = grown(this.#notedMicros);
    this.#notedValue = grown(this.#notedValue);
  }

  /** Notes a reading of a series there is room for. @returns whether it is later than all before it */
  note(id: number, micros: number, value: number): boolean {
    const newest = this.#notedMicros[id]!;
    if (micros < newest) return false;
    this.#notedMicros[id] = micros;
    this.#notedValue[id] = value;
    this.#noted.push(id);
    return micros > newest;
  }

  commit(): void {
    for (const id of this.#noted) {
      this.#micros[id] = this.#notedMicros[id]!;
      this.#value[id] = this.#notedValue[id]!;
    }
    this.#noted = [];
  }

  /** The series has no readings any more, stored or noted. */
  forget(id: number): void {
    this.#micros[id] = -Infinity;
    this.#notedMicros[id] = -Infinity;
  }
}
