/** In numbers. A set of one slow device shall not take half a megabyte. */
const FIRST_PAGE = 64;
const LARGEST_PAGE = 1 << 16;
/** Columns longer than this have a page of their own, which goes with them. */
const LONGEST_SHARED = LARGEST_PAGE / 4;
/** Capacities are powers of 2. */
export const LEAST_CAPACITY = 2;

/** Where the two columns of a segment lie: the times from `at` on, the values behind them. */
export interface Columns {
  page: Float64Array;
  at: number;
  capacity: number;
}

interface Free {
  readonly pages: Float64Array[];
  readonly at: number[];
}

/**
 * Room for the columns of very many small segments, in few large arrays: a reading costs little more than its numbers,
 * and to append one touches as little memory as can be. What is given back is used again for columns of the same size.
 */
export class ColumnPages {
  #page = new Float64Array(0);
  #used = 0;
  /** By capacity. */
  readonly #free = new Map<number, Free>();

  /** @param capacity a power of 2 */
  take(columns: Columns, capacity: number): void {
    columns.capacity = capacity;
    const free = this.#free.get(capacity);
    if (free !== undefined && free.at.length > 0) {
      columns.page = free.pages.pop()!;
      columns.at = free.at.pop()!;
      return;
    }
    const length = capacity * 2;
    if (length > LONGEST_SHARED) {
      columns.page = new Float64Array(length);
      columns.at = 0;
      return;
    }
    if (this.#used + length > this.#page.length) {
      const doubled = Math.max(FIRST_PAGE, this.#page.length * 2, length);
      this.#page = new Float64Array(Math.min(doubled, LARGEST_PAGE));
      this.#used = 0;
    }
    columns.page = this.#page;
    columns.at = this.#used;
    this.#used += length;
  }

  give({ page, at, capacity }: Columns): void {
    if (capacity * 2 > LONGEST_SHARED) return;
    let free = this.#free.get(capacity);
    if (free === undefined) {
      free = { pages: [], at: [] };
      this.#free.set(capacity, free);
    }
    free.pages.push(page);
    free.at.push(at);
  }
}
