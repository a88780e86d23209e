import type { Combined } from './view.ts';

const START = 0;
const END = 1;
const REVISION = 2;
const VALUE = 3;
const COUNT = 4;
const WIDTH = 5;

/**
 * The final windows that were given out and may still be revised, in the order of their starts, as numbers: for each its
 * start, end, revision, value and count. `at` is a window's place in that order.
 */
export class GivenWindows {
  /** Never gets shorter, since it will be as long again. */
  #numbers: number[] = [];
  #length = 0;

  get length(): number {
    return this.#length / WIDTH;
  }

  startOf(at: number): number {
    return this.#numbers[at * WIDTH + START]!;
  }

  endOf(at: number): number {
    return this.#numbers[at * WIDTH + END]!;
  }

  revisionOf(at: number): number {
    return this.#numbers[at * WIDTH + REVISION]!;
  }

  /** When the first of them ends; Infinity without any. */
  get firstEnd(): number {
    return this.#length === 0 ? Infinity : this.endOf(0);
  }

  /** Where the first window is that doesn't begin before `start`. */
  find(start: number): number {
    let at = this.length;
    // What is asked for is nearly always among the last.
    while (at > 0 && this.startOf(at - 1) >= start) at--;
    return at;
  }

  /** Whether the window that begins at `start` was given out, where `find` has it. */
  has(at: number, start: number): boolean {
    return at < this.length && this.startOf(at) === start;
  }

  /** Whether a window was given out just so. */
  isAsGiven(at: number, { end, value, count }: Combined): boolean {
    const first = at * WIDTH;
    const numbers = this.#numbers;
    return numbers[first + END] === end && numbers[first + COUNT] === count && Object.is(numbers[first + VALUE], value);
  }

  /** Puts a window in the place of `replaced` others at `at`. */
  put(at: number, replaced: number, { start, end, value, count }: Combined, revision: number): void {
    if (this.#numbers.length === 0) {
      this.#numbers = [start, end, revision, value, count];
      this.#length = WIDTH;
      return;
    }
    this.#move(at + replaced, at + 1);
    const first = at * WIDTH;
    const numbers = this.#numbers;
    numbers[first + START] = start;
    numbers[first + END] = end;
    numbers[first + REVISION] = revision;
    numbers[first + VALUE] = value;
    numbers[first + COUNT] = count;
  }

  /** Lets go of those that end by `horizon`, from the oldest to the first that begins at `from` or after. */
  forget(horizon: number, from = Infinity): void {
    let gone = 0;
    while (gone < this.length && this.endOf(gone) <= horizon && this.startOf(gone) < from) gone++;
    if (gone > 0) this.#move(gone, 0);
  }

  /** All of it, to be kept. */
  save(): readonly number[] {
    return this.#numbers.slice(0, this.#length);
  }

  restore(numbers: ArrayLike<number>): void {
    for (let i = 0; i < numbers.length; i++) this.#numbers[i] = numbers[i]!;
    this.#length = numbers.length;
  }

  /** Has those from `from` on begin at `to`. */
  #move(from: number, to: number): void {
    const numbers = this.#numbers;
    const by = (to - from) * WIDTH;
    const [first, end] = [from * WIDTH, this.#length];
    if (by < 0) for (let i = first; i < end; i++) numbers[i + by] = numbers[i]!;
    // What lies between is written next; an array without holes grows from its end.
    if (by > 0) for (let i = end; i < end + by; i++) numbers[i] = 0;
    if (by > 0) for (let i = end - 1; i >= first; i--) numbers[i + by] = numbers[i]!;
    this.#length = end + by;
  }
}
