import { ScopeNumbers } from './scope-numbers.ts';
import type { Combined } from './view.ts';

const START = 0;
const END = 1;
const REVISION = 2;
const VALUE = 3;
const COUNT = 4;
const WIDTH = 5;

/** Room for so many at first: of windows that don't overlap there are seldom more. */
const FIRST_ROOM = 1;
/** With room for more they have an array of their own: what they leave each time they take more is let go with it. */
const MOST_TOGETHER = 16;

/**
 * The final windows that were given out and may still be revised, in the order of their starts, as numbers: for each its
 * start, end, revision, value and count. `at` is a window's place in that order.
 */
export class GivenWindows {
  #all: ScopeNumbers;
  /** Where their number is, and the windows behind it. */
  #at: number;
  /** For how many there is room. */
  #room = FIRST_ROOM;

  /** @param all where they have their numbers */
  constructor(all = new ScopeNumbers()) {
    this.#all = all;
    this.#at = all.take(1 + FIRST_ROOM * WIDTH);
  }

  get length(): number {
    return this.#all.numbers[this.#at]!;
  }

  startOf(at: number): number {
    return this.#all.numbers[this.#placeOf(at) + START]!;
  }

  endOf(at: number): number {
    return this.#all.numbers[this.#placeOf(at) + END]!;
  }

  revisionOf(at: number): number {
    return this.#all.numbers[this.#placeOf(at) + REVISION]!;
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
    const first = this.#placeOf(at);
    const { numbers } = this.#all;
    return numbers[first + END] === end && numbers[first + COUNT] === count && Object.is(numbers[first + VALUE], value);
  }

  /** Puts a window in the place of `replaced` others at `at`. */
  put(at: number, replaced: number, { start, end, value, count }: Combined, revision: number): void {
    this.#move(at + replaced, at + 1);
    const first = this.#placeOf(at);
    const { numbers } = this.#all;
    numbers[first + START] = start;
    numbers[first + END] = end;
    numbers[first + REVISION] = revision;
    numbers[first + VALUE] = value;
    numbers[first + COUNT] = count;
  }

  /** Lets go of those that end by `horizon`, from the oldest to the first that begins at `from` or after. */
  forget(horizon: number, from = Infinity): void {
    const { length } = this;
    let gone = 0;
    while (gone < length && this.endOf(gone) <= horizon && this.startOf(gone) < from) gone++;
    if (gone > 0) this.#move(gone, 0);
  }

  /** All of it, to be kept. */
  save(): readonly number[] {
    return Array.from(this.#all.numbers.subarray(this.#placeOf(0), this.#placeOf(this.length)));
  }

  restore(numbers: ArrayLike<number>): void {
    this.#lengthen(numbers.length / WIDTH);
    for (let i = 0; i < numbers.length; i++) this.#all.numbers[this.#placeOf(0) + i] = numbers[i]!;
  }

  #placeOf(at: number): number {
    return this.#at + 1 + at * WIDTH;
  }

  /** Has those from `from` on begin at `to`. */
  #move(from: number, to: number): void {
    const { length } = this;
    this.#lengthen(length + to - from);
    if (from < length) this.#all.numbers.copyWithin(this.#placeOf(to), this.#placeOf(from), this.#placeOf(length));
  }

  /** Takes room twice as long where there is too little. What it leaves stays empty, and is less than what it takes. */
  #lengthen(to: number): void {
    if (to > this.#room) {
      const before = this.#all.numbers.subarray(this.#at, this.#placeOf(this.length));
      this.#room = Math.max(to, this.#room * 2);
      if (this.#room > MOST_TOGETHER) this.#all = new ScopeNumbers();
      this.#at = this.#all.take(1 + this.#room * WIDTH);
      this.#all.numbers.set(before, this.#at);
    }
    this.#all.numbers[this.#at] = to;
  }
}
