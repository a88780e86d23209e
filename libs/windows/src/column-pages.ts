/** In rows. A set of one slow device shall not take half a megabyte. */
const FIRST_PAGE = 32;
const LARGEST_PAGE = 1 << 15;
/** Columns longer than this have a page of their own, which goes with them. */
const LONGEST_SHARED = LARGEST_PAGE / 4;
/** Capacities are powers of 2. */
export const LEAST_CAPACITY = 4;

/** Room for readings: a row is one of them. */
export interface Page {
  readonly time: Float64Array;
  readonly value: Float64Array;
}

/** The rows of a page that are one segment's: `capacity` of them, the first of which is `from`. */
export interface Columns {
  page: Page;
  from: number;
  capacity: number;
}

interface Free {
  readonly pages: Page[];
  readonly from: number[];
}

/**
 * Room for the columns of very many small segments, in few large arrays: a reading costs little more than its numbers,
 * and to append one touches as little memory as can be. What is given back is used again for columns of the same size.
 */
export class ColumnPages {
  #page = pageOf(0);
  #used = 0;
  /** By capacity. */
  readonly #free = new Map<number, Free>();

  /** @param capacity a power of 2 */
  take(columns: Columns, capacity: number): void {
    columns.capacity = capacity;
    const free = this.#free.get(capacity);
    if (free !== undefined && free.from.length > 0) {
      columns.page = free.pages.pop()!;
      columns.from = free.from.pop()!;
      return;
    }
    if (capacity > LONGEST_SHARED) {
      columns.page = pageOf(capacity);
      columns.from = 0;
      return;
    }
    const rows = this.#page.time.length;
    if (this.#used + capacity > rows) {
      this.#page = pageOf(Math.min(Math.max(FIRST_PAGE, rows * 2, capacity), LARGEST_PAGE));
      this.#used = 0;
    }
    columns.page = this.#page;
    columns.from = this.#used;
    this.#used += capacity;
  }

  give({ page, from, capacity }: Columns): void {
    if (capacity > LONGEST_SHARED) return;
    let free = this.#free.get(capacity);
    if (free === undefined) {
      free = { pages: [], from: [] };
      this.#free.set(capacity, free);
    }
    free.pages.push(page);
    free.from.push(from);
  }
}

/** What has no room yet has its place here. */
export const NO_PAGE: Page = pageOf(0);

function pageOf(rows: number): Page {
  return { time: new Float64Array(rows), value: new Float64Array(rows) };
}
