/** Numbers and texts put one after the other: state as plain data that is quick to copy, whatever the number of scopes. */
export interface NumberStream {
  readonly numbers: Float64Array;
  /** All texts in one; their lengths are among the numbers. */
  readonly text: string;
}

/** Small, since each of ten thousand rules may have a set of its own, and all are written at once. */
const FIRST_CAPACITY = 64;

export class StreamWriter {
  #numbers: Float64Array;
  #length = 0;
  readonly #texts: string[] = [];

  /** @param capacity how many numbers there will be, as far as that is known */
  constructor(capacity = FIRST_CAPACITY) {
    this.#numbers = new Float64Array(Math.max(capacity, FIRST_CAPACITY));
  }

  get length(): number {
    return this.#length;
  }

  number(value: number): void {
    if (this.#length === this.#numbers.length) this.#reserve(1);
    this.#numbers[this.#length++] = value;
  }

  /** The rows `[from, to)` of a column, or all, with their number before them. */
  column(values: ArrayLike<number>, from = 0, to = values.length): void {
    this.#reserve(to - from + 1);
    const numbers = this.#numbers;
    numbers[this.#length++] = to - from;
    for (let row = from; row < to; row++) numbers[this.#length++] = values[row]!;
  }

  text(value: string): void {
    this.number(value.length);
    this.#texts.push(value);
  }

  /** What was written; the writer is done with it. */
  take(): NumberStream {
    return { numbers: this.#numbers.subarray(0, this.#length), text: this.#texts.join('') };
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#numbers.length) return;
    const grown = new Float64Array(Math.max(this.#length + more, this.#numbers.length * 2));
    grown.set(this.#numbers);
    this.#numbers = grown;
  }
}

/** Reads numbers in the order they were written in. @throws RangeError beyond the end */
export class NumberReader {
  readonly #numbers: Float64Array;
  #at = 0;

  constructor(numbers: Float64Array) {
    this.#numbers = numbers;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#numbers.length;
  }

  number(): number {
    const value = this.#numbers[this.#at++];
    if (value === undefined) throw tooShort();
    return value;
  }

  column(): Float64Array {
    const length = this.number();
    this.#at += length;
    return this.#numbers.subarray(this.#at - length, this.#at);
  }
}

/** Reads what a writer wrote, in the same order. @throws RangeError beyond the end */
export class StreamReader extends NumberReader {
  readonly #text: string;
  #textAt = 0;

  constructor({ numbers, text }: NumberStream) {
    super(numbers);
    this.#text = text;
  }

  text(): string {
    const from = this.#textAt;
    this.#textAt += this.number();
    if (this.#textAt > this.#text.length) throw tooShort();
    return this.#text.slice(from, this.#textAt);
  }

  /** As many as were written with their number before them. */
  list<T>(read: () => T): T[] {
    return Array.from({ length: this.number() }, read);
  }
}

export function tooShort(): RangeError {
  return new RangeError('The saved state of the windows ends too early.');
}
