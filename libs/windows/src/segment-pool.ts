import { ColumnPages } from './column-pages.ts';
import { Segment } from './segment.ts';

/** The segments of a set. Those that are let go are used again: else each series would leave one behind every minute. */
export class SegmentPool {
  readonly #pages: ColumnPages;
  readonly #free: Segment[] = [];

  /** @param pages room for their readings */
  constructor(pages: ColumnPages) {
    this.#pages = pages;
  }

  /** @param start of its minute, epoch ms @param expected about how many readings it will hold */
  take(start: number, expected: number): Segment {
    const segment = this.#free.pop() ?? new Segment(this.#pages);
    segment.begin(start, expected);
    return segment;
  }

  /** Nothing may be asked of it any more. */
  give(segment: Segment): void {
    segment.free();
    this.#free.push(segment);
  }
}
