import { ColumnPages } from './column-pages.ts';
import { capacityFor, MOST_EXPECTED, Segment } from './segment.ts';

/**
 * Segments, and room for their readings. Those that are let go are used again, with their room: each series lets one go
 * every minute. Sets that share a pool take less room.
 */
export class SegmentPool {
  readonly #pages = new ColumnPages();
  /** By the power of 2 that their capacity is. */
  readonly #free: Segment[][] = [];

  /** @param start of its minute, epoch ms @param expected about how many readings it will hold */
  take(start: number, expected: number): Segment {
    const capacity = capacityFor(expected);
    const segment = this.#free[Math.clz32(capacity)]?.pop() ?? new Segment(this.#pages, capacity);
    segment.begin(start);
    return segment;
  }

  /** Nothing may be asked of it any more. */
  give(segment: Segment): void {
    // Nobody will ask for as much at once again.
    if (segment.capacity > MOST_EXPECTED) return this.#pages.give(segment);
    const power = Math.clz32(segment.capacity);
    const others = this.#free[power];
    if (others === undefined) this.#free[power] = [segment];
    else others.push(segment);
  }
}
