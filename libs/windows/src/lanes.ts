/** Numbers of a lane: together they fill one line of the processor's cache. */
const WIDTH = 8;

export const VALUE = 0;
export const NEWEST = 1;
export const HEARD = 2;
export const UNTIL = 3;
export const DUE = 4;
export const OLDEST = 5;
export const HELD = 6;

const NEW_LANE = [-Infinity, -Infinity, -Infinity, -Infinity, Infinity, Infinity, 0, 0];

/** What each reading of a scope is judged by, of all scopes of a set in one array. */
export class LaneTable {
  numbers = new Float64Array(16 * WIDTH);
  #length = 0;

  /** @returns where the new lane begins */
  add(): number {
    const at = this.#length;
    this.#length += WIDTH;
    if (this.#length > this.numbers.length) {
      const grown = new Float64Array(this.numbers.length * 2);
      grown.set(this.numbers);
      this.numbers = grown;
    }
    this.numbers.set(NEW_LANE, at);
    return at;
  }
}

/** What each reading of a scope is judged by. */
export class Lane {
  readonly at: number;
  readonly #table: LaneTable;

  constructor(table = new LaneTable()) {
    this.#table = table;
    this.at = table.add();
  }

  /** Where the watermark stood when it was last moved. */
  get value(): number {
    return this.#table.numbers[this.at + VALUE]!;
  }

  set value(to: number) {
    this.#table.numbers[this.at + VALUE] = to;
  }

  /** The newest event time of member 0. */
  get newest(): number {
    return this.#table.numbers[this.at + NEWEST]!;
  }

  set newest(to: number) {
    this.#table.numbers[this.at + NEWEST] = to;
  }

  /** When member 0 was last heard, on the running clock. */
  get heardAt(): number {
    return this.#table.numbers[this.at + HEARD]!;
  }

  set heardAt(to: number) {
    this.#table.numbers[this.at + HEARD] = to;
  }

  /** Readings behind the newest and before this go into the scope's present segment, with nothing else to mind. */
  set until(to: number) {
    this.#table.numbers[this.at + UNTIL] = to;
  }

  /** The watermark by which there is something to give out, to close or to forget. */
  get due(): number {
    return this.#table.numbers[this.at + DUE]!;
  }

  set due(to: number) {
    this.#table.numbers[this.at + DUE] = to;
  }

  /** A reading before it may make a window due sooner. */
  get oldest(): number {
    return this.#table.numbers[this.at + OLDEST]!;
  }

  set oldest(to: number) {
    this.#table.numbers[this.at + OLDEST] = to;
  }

  /** Readings in segments, those counted in that settling will drop. */
  get held(): number {
    return this.#table.numbers[this.at + HELD]!;
  }

  set held(to: number) {
    this.#table.numbers[this.at + HELD] = to;
  }
}
