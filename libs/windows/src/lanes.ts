import { NO_PAGE, type Page } from './column-pages.ts';

/** Numbers of a lane: together they fill one line of the processor's cache. */
const LANE_WIDTH = 8;

const NEWEST = 0;
const UNTIL = 1;
const HEARD = 2;
const MARK = 3;
/** Where in the page the next reading goes, and where there is no more room. */
const ROW = 4;
const FULL = 5;

const CLOSED = -Infinity;

/** What the next readings of a scope must be like to pass, and where they go. */
export interface Passing {
  /** They come behind this event time … */
  readonly newest: number;
  /** … and before this one. */
  readonly until: number;
  readonly mark: number;
  /** When the last came, on the running clock. */
  readonly heardAt: number;
  readonly page: Page;
  readonly row: number;
  /** How many there may be. */
  readonly room: number;
}

/**
 * What each reading is judged by, of all scopes of a set in one array, so that most readings touch no object. What has
 * passed by an open lane is not known to its scope until that closes it.
 */
export class Lanes {
  #numbers = new Float64Array(LANE_WIDTH);
  readonly #pages: Page[] = [];

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

  open(lane: number, { page, row, room, newest, until, mark, heardAt }: Passing): void {
    const numbers = this.#numbers;
    const at = lane * LANE_WIDTH;
    numbers[at + NEWEST] = newest;
    numbers[at + UNTIL] = until;
    numbers[at + MARK] = mark;
    numbers[at + HEARD] = heardAt;
    numbers[at + ROW] = row;
    numbers[at + FULL] = row + room;
    this.#pages[lane] = page;
  }

  /** Writes a reading down, if all there is to it is that. @returns whether it has: else nothing was done */
  pass(lane: number, time: number, value: number, mark: number, clock: number): boolean {
    const numbers = this.#numbers;
    const at = lane * LANE_WIDTH;
    const row = numbers[at + ROW]!;
    if (time <= numbers[at + NEWEST]! || time >= numbers[at + UNTIL]!) return false;
    if (row >= numbers[at + FULL]! || mark !== numbers[at + MARK]!) return false;
    const page = this.#pages[lane]!;
    page.time[row] = time;
    page.value[row] = value;
    numbers[at + NEWEST] = time;
    numbers[at + ROW] = row + 1;
    numbers[at + HEARD] = clock;
    return true;
  }

  isOpen(lane: number): boolean {
    return this.#numbers[lane * LANE_WIDTH + UNTIL] !== CLOSED;
  }

  /** Nothing passes any more. What has is to be asked before it is opened again. @returns whether it was open */
  close(lane: number): boolean {
    if (!this.isOpen(lane)) return false;
    this.#numbers[lane * LANE_WIDTH + UNTIL] = CLOSED;
    return true;
  }

  /** The row behind the last reading that has passed. */
  rowOf(lane: number): number {
    return this.#numbers[lane * LANE_WIDTH + ROW]!;
  }

  /** The event time of the last that has passed. */
  newestOf(lane: number): number {
    return this.#numbers[lane * LANE_WIDTH + NEWEST]!;
  }

  /** When the last that has passed came, or the one before the lane was opened; on the running clock. */
  heardAt(lane: number): number {
    return this.#numbers[lane * LANE_WIDTH + HEARD]!;
  }
}
