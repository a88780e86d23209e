import { ScopeNumbers } from './scope-numbers.ts';
import type { Combined } from './view.ts';

const START = 0;
const END = 1;
const REVISION = 2;
const VALUE = 3;
const COUNT = 4;
const WIDTH = 5;

/** So many of them stand with their scope's numbers: of windows that don't overlap there are seldom more. */
const FEW = 2;

/**
 * The final windows that were given out and may still be revised, in the order of their starts, as numbers: for each its
 * start, end, revision, value and count. `at` is a window's place in that order.
 */
export class GivenWindows {
  readonly #all: ScopeNumbers;
  /** Where their number is, and the windows behind it as long as they are few. */
  readonly #at: number;
  /** All of them, once there were more. Never gets shorter, since it will be as long again. */
  #many: number[] | null = null;

  /** @param all where they have their numbers */
  constructor(all = new ScopeNumbers()) {
    this.#all = all;
    this.#at = all.take(1 + FEW * WIDTH);
  }

  get length(): number {
    return this.#all.numbers[this.#at]!;
  }

  startOf(at: number): number {
    return this.#numbers[this.#first + at * WIDTH + START]!;
  }

  endOf(at: number): number {
    return this.#numbers[this.#first + at * WIDTH + END]!;
  }

  revisionOf(at: number): number {
    return this.#numbers[this.#first + at * WIDTH + REVISION]!;
  }

  /** When the first of them ends; Infinity without any. */
  get firstEnd(): number {
    return this.length === 0 ? Infinity : this.endOf(0);
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
    const first = this.#first + at * WIDTH;
    const numbers = this.#numbers;
    return numbers[first + END] === end && numbers[first + COUNT] === count && Object.is(numbers[first + VALUE], value);
  }

  /** Puts a window in the place of `replaced` others at `at`. */
  put(at: number, replaced: number, { start, end, value, count }: Combined, revision: number): void {
    this.#move(at + replaced, at + 1);
    const first = this.#first + at * WIDTH;
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
    return Array.from(this.#numbers.slice(this.#first, this.#first + this.length * WIDTH));
  }

  restore(numbers: ArrayLike<number>): void {
    this.#lengthen(numbers.length / WIDTH);
    for (let i = 0; i < numbers.length; i++) this.#numbers[this.#first + i] = numbers[i]!;
  }

  get #numbers(): number[] | Float64Array {
    return this.#many ?? this.#all.numbers;
  }

  /** Where the first window is. */
  get #first(): number {
    return this.#many === null ? this.#at + 1 : 0;
  }

  /** Has those from `from` on begin at `to`. */
  #move(from: number, to: number): void {
    const { length } = this;
    const by = (to - from) * WIDTH;
    if (by > 0) this.#lengthen(length + to - from);
    const numbers = this.#numbers;
    const [first, end] = [this.#first + from * WIDTH, this.#first + length * WIDTH];
    if (by < 0) for (let i = first; i < end; i++) numbers[i + by] = numbers[i]!;
    if (by > 0) for (let i = end - 1; i >= first; i--) numbers[i + by] = numbers[i]!;
    this.#all.numbers[this.#at] = length + to - from;
  }

  /** Makes room behind the last. */
  #lengthen(to: number): void {
    if (this.#many === null && to > FEW) this.#many = [...this.save()];
    // What lies there is written next; a list without holes grows from its end.
    while (this.#many !== null && this.#many.length < to * WIDTH) this.#many.push(0);
    this.#all.numbers[this.#at] = to;
  }
}
