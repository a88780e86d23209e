const FIRST_MS = 3_600_000;
/** A slice is not made shorter than this: what one second holds is asked for page by page. */
export const SHORTEST_SLICE_MS = 1_000;
const GROW_MOST = 4;
const SHRINK = 8;

/**
 * Cuts a range of time into slices, one after the other, each so long that it holds about as many readings as wanted:
 * a slice is as long as the one before would have had to be.
 */
export class TimeSlices {
  readonly #to: number;
  readonly #wanted: number;
  #begin: number;
  #length = FIRST_MS;

  /** @param from epoch ms @param to epoch ms, exclusive @param wanted readings of a slice */
  constructor(from: number, to: number, wanted: number) {
    this.#begin = from;
    this.#to = to;
    this.#wanted = wanted;
  }

  /** The slice that is next: epoch ms, the end exclusive; undefined when the range is done. */
  get next(): { readonly from: number; readonly to: number } | undefined {
    if (this.#begin >= this.#to) return undefined;
    return { from: this.#begin, to: Math.min(this.#to, this.#begin + this.#length) };
  }

  /** The slice is done, and held so many readings. */
  passed(readings: number): void {
    const { from, to } = this.next!;
    const fitting = readings === 0 ? GROW_MOST : this.#wanted / readings;
    this.#begin = to;
    this.#length = Math.max(SHORTEST_SLICE_MS, Math.floor((to - from) * Math.min(GROW_MOST, fitting)));
  }

  /** The slice held too much: it is cut. @returns false if it is as short as may be already */
  shorten(): boolean {
    const { from, to } = this.next!;
    if (to - from <= SHORTEST_SLICE_MS) return false;
    this.#length = Math.max(SHORTEST_SLICE_MS, Math.floor((to - from) / SHRINK));
    return true;
  }
}
