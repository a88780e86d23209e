import type { Segment } from './segment.ts';

/** Numbers of a lane: together they fill one line of the processor's cache. */
export const LANE_WIDTH = 8;

export const VALUE = 0;
export const NEWEST = 1;
export const HEARD = 2;
export const UNTIL = 3;
export const DUE = 4;
export const HELD = 5;

const NEW_LANE = [-Infinity, -Infinity, -Infinity, -Infinity, Infinity, 0, 0, 0];

/** What each reading of a scope is judged by, of all scopes of a set in one array. */
export class LaneTable {
  numbers = new Float64Array(LANE_WIDTH);
  /** By lane: where its readings go while it is open. */
  readonly segments: (Segment | null)[] = [];
  #length = 0;

  /** @returns its number */
  add(): number {
    const at = this.#length;
    this.#length += LANE_WIDTH;
    if (this.#length > this.numbers.length) {
      const grown = new Float64Array(this.numbers.length * 2);
      grown.set(this.numbers);
      this.numbers = grown;
    }
    this.numbers.set(NEW_LANE, at);
    return this.segments.push(null) - 1;
  }
}

/** What each reading of a scope is judged by. */
export class Lane {
  readonly number: number;
  readonly #at: number;
  readonly #table: LaneTable;

  constructor(table = new LaneTable()) {
    this.#table = table;
    this.number = table.add();
    this.#at = this.number * LANE_WIDTH;
  }

  /** Where the watermark stood when it was last moved. */
  get value(): number {
    return this.#table.numbers[this.#at + VALUE]!;
  }

  set value(to: number) {
    this.#table.numbers[this.#at + VALUE] = to;
  }

  /** The newest event time of member 0. */
  get newest(): number {
    return this.#table.numbers[this.#at + NEWEST]!;
  }

  set newest(to: number) {
    this.#table.numbers[this.#at + NEWEST] = to;
  }

  /** When member 0 was last heard, on the running clock. */
  get heardAt(): number {
    return this.#table.numbers[this.#at + HEARD]!;
  }

  set heardAt(to: number) {
    this.#table.numbers[this.#at + HEARD] = to;
  }

  /** From now on readings behind the newest go into the segment, with nothing else to mind. */
  open(segment: Segment): void {
    this.#table.segments[this.number] = segment;
    this.#table.numbers[this.#at + UNTIL] = segment.end;
  }

  close(): void {
    this.#table.segments[this.number] = null;
    this.#table.numbers[this.#at + UNTIL] = -Infinity;
  }

  /** The watermark by which there is something to give out, to close or to forget. */
  get due(): number {
    return this.#table.numbers[this.#at + DUE]!;
  }

  set due(to: number) {
    this.#table.numbers[this.#at + DUE] = to;
  }

  /** Readings in segments, those counted in that settling will drop. */
  get held(): number {
    return this.#table.numbers[this.#at + HELD]!;
  }

  set held(to: number) {
    this.#table.numbers[this.#at + HELD] = to;
  }
}
