import { NO_PAGE, type Page } from './column-pages.ts';
import type { Readings } from './window-types.ts';

/** Numbers of a lane: together they fill one line of the processor's cache. */
const LANE_WIDTH = 8;

const NEWEST = 0;
const UNTIL = 1;
const HEARD = 2;
const MARK = 3;
/** Where in the page the next reading goes, and where there is no more room. */
const ROW = 4;
const FULL = 5;
/** Where it leads when it goes on: before which event time. Where it was left then: NaN as long as it was not. */
const NEXT_UNTIL = 6;
const LEFT = 7;

const CLOSED = -Infinity;

/**
 * What each reading is judged by, of all scopes of a set in one array, so that most readings touch no object. What has
 * passed by an open lane is not known to its scope until that closes it.
 */
export class Lanes {
  #numbers = new Float64Array(LANE_WIDTH);
  readonly #pages: Page[] = [];
  /** Where it goes on: two rows a lane, as `ROW` and `FULL`. Looked at once a minute. */
  #nextRows = new Float64Array(2);
  readonly #nextPages: Page[] = [];

  /** Makes one that is closed. Lanes are numbered as they come, from 0. */
  add(): void {
    const at = this.#pages.push(NO_PAGE) * LANE_WIDTH - LANE_WIDTH;
    this.#nextPages.push(NO_PAGE);
    if (at === this.#numbers.length) {
      this.#numbers = twiceAsLong(this.#numbers);
      this.#nextRows = twiceAsLong(this.#nextRows);
    }
    this.#numbers[at + UNTIL] = this.#numbers[at + NEXT_UNTIL] = CLOSED;
  }

  /**
   * Lets readings pass to where `lead` says.
   * @param newest they come behind this event time
   * @param heardAt when the last came, on the running clock
   * @param mark that they have
   */
  open(lane: number, newest: number, heardAt: number, mark: number): void {
    const numbers = this.#numbers;
    const at = lane * LANE_WIDTH;
    numbers[at + NEWEST] = newest;
    numbers[at + HEARD] = heardAt;
    numbers[at + MARK] = mark;
    numbers[at + NEXT_UNTIL] = CLOSED;
    numbers[at + LEFT] = NaN;
  }

  /** Those before the event time `until` go into a page from `row` on, as long as there is room. */
  lead(lane: number, page: Page, row: number, room: number, until: number): void {
    const numbers = this.#numbers;
    const at = lane * LANE_WIDTH;
    this.#pages[lane] = page;
    numbers[at + ROW] = row;
    numbers[at + FULL] = row + room;
    numbers[at + UNTIL] = until;
  }

  /** Those from there on, and before another `until`, go elsewhere. */
  leadOn(lane: number, page: Page, row: number, room: number, until: number): void {
    this.#nextPages[lane] = page;
    this.#nextRows[lane * 2] = row;
    this.#nextRows[lane * 2 + 1] = row + room;
    this.#numbers[lane * LANE_WIDTH + NEXT_UNTIL] = until;
  }

  /**
   * Writes picked readings down, from the pick `from` on, as long as all there is to them is that.
   * @param laneOf of each member
   * @returns the first pick that can't pass, with which nothing was done; how many there are if all do
   */
  pass(readings: Readings, laneOf: readonly number[], from: number): number {
    let at = this.#passOn(readings, laneOf, from);
    while (at < readings.picks.length && this.#goOn(readings, laneOf, at)) at = this.#passOn(readings, laneOf, at);
    return at;
  }

  /** Looks at where the next reading goes. @returns nothing that means anything */
  peek(lane: number): number {
    const row = this.#numbers[lane * LANE_WIDTH + ROW]!;
    const page = this.#pages[lane]!;
    return page.time[row]! + page.value[row]!;
  }

  isOpen(lane: number): boolean {
    return this.#numbers[lane * LANE_WIDTH + UNTIL] !== CLOSED;
  }

  /** Nothing passes any more. What has is to be asked before it is opened again. @returns whether it was open */
  close(lane: number): boolean {
    if (!this.isOpen(lane)) return false;
    this.#numbers[lane * LANE_WIDTH + UNTIL] = CLOSED;
    this.#numbers[lane * LANE_WIDTH + NEXT_UNTIL] = CLOSED;
    return true;
  }

  /** The row behind the last reading that has passed. */
  rowOf(lane: number): number {
    return whole(this.#numbers[lane * LANE_WIDTH + ROW]!);
  }

  /** The row behind the last reading that went where the lane led at first; undefined if none has gone on. */
  leftAt(lane: number): number | undefined {
    const left = this.#numbers[lane * LANE_WIDTH + LEFT]!;
    return Number.isNaN(left) ? undefined : whole(left);
  }

  /** That all have which passed. */
  markOf(lane: number): number {
    return whole(this.#numbers[lane * LANE_WIDTH + MARK]!);
  }

  /** The event time of the last that has passed. */
  newestOf(lane: number): number {
    return this.#numbers[lane * LANE_WIDTH + NEWEST]!;
  }

  /** When the last that has passed came, or the one before the lane was opened; on the running clock. */
  heardAt(lane: number): number {
    return this.#numbers[lane * LANE_WIDTH + HEARD]!;
  }

  /** As `pass`, but each only to where its lane leads now. It calls nothing, so what all readings need is looked up once. */
  #passOn({ runs, picks, mark, clock }: Readings, laneOf: readonly number[], from: number): number {
    const { rows, offsets, batch } = runs;
    const { eventTime, value } = batch;
    const { members, series, length } = picks;
    const numbers = this.#numbers;
    const pages = this.#pages;
    for (let i = from; i < length; i++) {
      const of = series[i]!;
      const first = offsets[of]!;
      if (offsets[of + 1] !== first + 1) return i;
      const reading = rows[first]!;
      const time = eventTime[reading]!;
      const lane = laneOf[members[i]!]!;
      const at = lane * LANE_WIDTH;
      if (time <= numbers[at + NEWEST]! || time >= numbers[at + UNTIL]! || mark !== numbers[at + MARK]!) return i;
      const row = numbers[at + ROW]!;
      if (row >= numbers[at + FULL]!) return i;
      const page = pages[lane]!;
      page.time[row] = time;
      page.value[row] = value[reading]!;
      numbers[at + NEWEST] = time;
      numbers[at + ROW] = row + 1;
      numbers[at + HEARD] = clock;
    }
    return length;
  }

  /** Goes on to where the lane of a pick leads next, if its reading belongs there. @returns whether it does */
  #goOn({ runs, picks, mark }: Readings, laneOf: readonly number[], pick: number): boolean {
    const of = picks.series[pick]!;
    const first = runs.offsets[of]!;
    if (runs.offsets[of + 1] !== first + 1) return false;
    const time = runs.batch.eventTime[runs.rows[first]!]!;
    const numbers = this.#numbers;
    const lane = laneOf[picks.members[pick]!]!;
    const at = lane * LANE_WIDTH;
    if (time < numbers[at + UNTIL]! || time >= numbers[at + NEXT_UNTIL]! || mark !== numbers[at + MARK]!) return false;
    numbers[at + LEFT] = numbers[at + ROW]!;
    numbers[at + ROW] = this.#nextRows[lane * 2]!;
    numbers[at + FULL] = this.#nextRows[lane * 2 + 1]!;
    numbers[at + UNTIL] = numbers[at + NEXT_UNTIL]!;
    numbers[at + NEXT_UNTIL] = CLOSED;
    this.#pages[lane] = this.#nextPages[lane]!;
    return true;
  }
}

/** The same as a small whole number: an object that keeps one holds it in itself, others lie in a place of their own. */
function whole(number: number): number {
  return number | 0;
}

function twiceAsLong(numbers: Float64Array): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(numbers.length * 2);
  grown.set(numbers);
  return grown;
}
