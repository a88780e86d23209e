import type { Columns } from './column-pages.ts';

/** Numbers of a lane: together they fill one line of the processor's cache. */
const LANE_WIDTH = 8;

const NEWEST = 0;
const UNTIL = 1;
const HEARD = 2;
const MARK = 3;
/** Where in the page the next reading's time goes, how far behind it its value does, and where there is no more room. */
const ROW = 4;
const CAPACITY = 5;
const FULL = 6;

const CLOSED = -Infinity;
const NO_PAGE = new Float64Array(0);

/** What the next readings of a scope must be like to pass, and where they go. */
export interface Passing extends Columns {
  /** Readings before have this event time at most, and the next come behind it. */
  readonly newest: number;
  /** They come before this one. */
  readonly until: number;
  readonly mark: number;
  /** How many readings there are in the columns, and how many there may be. */
  readonly length: number;
  readonly most: number;
}

/** What has passed. */
export interface Passed {
  /** How many readings there are in the columns now. */
  readonly length: number;
  readonly newest: number;
  /** The running clock of the last. */
  readonly heardAt: number;
}

/**
 * What each reading is judged by, of all scopes of a set in one array, so that most readings touch no object. What has
 * passed by an open lane is not known to its scope until that closes it.
 */
export class Lanes {
  #numbers = new Float64Array(LANE_WIDTH);
  readonly #pages: Float64Array[] = [];

  /** Makes one that is closed. Lanes are numbered as they come, from 0. */
  add(): void {
    const at = this.#pages.push(NO_PAGE) * LANE_WIDTH - LANE_WIDTH;
    if (at === this.#numbers.length) {
      const grown = new Float64Array(this.#numbers.length * 2);
      grown.set(this.#numbers);
      this.#numbers = grown;
    }
    this.#numbers[at + UNTIL] = CLOSED;
  }

  open(lane: number, { page, at, capacity, length, most, newest, until, mark }: Passing): void {
    this.#pages[lane] = page;
    const numbers = this.#numbers;
    const base = lane * LANE_WIDTH;
    numbers[base + NEWEST] = newest;
    numbers[base + UNTIL] = until;
    numbers[base + MARK] = mark;
    numbers[base + ROW] = at + length;
    numbers[base + CAPACITY] = capacity;
    numbers[base + FULL] = at + Math.min(capacity, most);
  }

  /** Writes a reading down, if all there is to it is that. @returns whether it has: else nothing was done */
  pass(lane: number, time: number, value: number, mark: number, clock: number): boolean {
    const numbers = this.#numbers;
    const base = lane * LANE_WIDTH;
    if (time <= numbers[base + NEWEST]! || time >= numbers[base + UNTIL]! || mark !== numbers[base + MARK]!)
      return false;
    const row = numbers[base + ROW]!;
    if (row === numbers[base + FULL]!) return false;
    const page = this.#pages[lane]!;
    page[row] = time;
    page[row + numbers[base + CAPACITY]!] = value;
    numbers[base + NEWEST] = time;
    numbers[base + ROW] = row + 1;
    numbers[base + HEARD] = clock;
    return true;
  }

  /** Nothing passes any more. @returns what has since it was opened; null if it was closed */
  close(lane: number, { at }: Columns): Passed | null {
    const numbers = this.#numbers;
    const base = lane * LANE_WIDTH;
    if (numbers[base + UNTIL] === CLOSED) return null;
    numbers[base + UNTIL] = CLOSED;
    return { length: numbers[base + ROW]! - at, newest: numbers[base + NEWEST]!, heardAt: numbers[base + HEARD]! };
  }
}
