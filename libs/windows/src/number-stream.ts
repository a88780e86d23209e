/** Numbers and texts put one after the other: state as plain data that is quick to copy, whatever the number of scopes. */
export interface NumberStream {
  readonly numbers: Float64Array;
  readonly texts: readonly string[];
}

export class StreamWriter {
  #numbers = new Float64Array(1024);
  #length = 0;
  readonly #texts: string[] = [];

  number(...values: number[]): void {
    this.#reserve(values.length);
    for (const value of values) this.#numbers[this.#length++] = value;
  }

  /** The first `length` of a column, with their number before them. */
  column(values: Float64Array | Uint32Array, length: number): void {
    this.number(length);
    this.#reserve(length);
    this.#numbers.set(values.subarray(0, length), this.#length);
    this.#length += length;
  }

  text(value: string): void {
    this.#texts.push(value);
  }

  take(): NumberStream {
    return { numbers: this.#numbers.slice(0, this.#length), texts: this.#texts };
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#numbers.length) return;
    const grown = new Float64Array(Math.max(this.#length + more, this.#numbers.length * 2));
    grown.set(this.#numbers);
    this.#numbers = grown;
  }
}

/** Reads what a writer wrote, in the same order. @throws RangeError beyond the end */
export class StreamReader {
  readonly #stream: NumberStream;
  #number = 0;
  #text = 0;

  constructor(stream: NumberStream) {
    this.#stream = stream;
  }

  number(): number {
    const value = this.#stream.numbers[this.#number++];
    if (value === undefined) throw new RangeError('The saved state of the windows ends too early.');
    return value;
  }

  column(): Float64Array {
    const length = this.number();
    this.#number += length;
    return this.#stream.numbers.subarray(this.#number - length, this.#number);
  }

  text(): string {
    const value = this.#stream.texts[this.#text++];
    if (value === undefined) throw new RangeError('The saved state of the windows ends too early.');
    return value;
  }

  /** As many as were written with `number(list.length)` before them. */
  list<T>(read: () => T): T[] {
    return Array.from({ length: this.number() }, read);
  }
}
