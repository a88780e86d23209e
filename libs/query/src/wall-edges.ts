import type { Buckets, QueryPlan } from '@seawall/model';
import { stepMsOf } from './bucket-grid.ts';
import { bucketStart } from './bucket-index.ts';
import type { Cell } from './moved-cells.ts';
import { isByMonths, type Offset } from './read-offset.ts';
import { firstInstantAt, wallAt, wallSegments, type WallSegment } from './wall-segments.ts';
import { WallShift } from './wall-shift.ts';

const DAY_MS = 86_400_000;

/** The edges of whole days, weeks, months and ranges, moved by a calendar offset to the same local times. */
export class WallEdges {
  readonly #shift: WallShift;
  readonly #byMonths: boolean;
  readonly #clock: readonly WallSegment[];
  readonly #others: readonly WallSegment[];

  /** @param begin, end epoch ms, what the edges lie within */
  constructor(offset: Offset, timeZone: string, begin: number, end: number) {
    this.#shift = new WallShift(offset.duration, offset.sign);
    this.#byMonths = isByMonths(offset);
    // A day more on either side, so that the clock is known around every edge.
    this.#clock = wallSegments(timeZone, Math.floor(begin) - 2 * DAY_MS, Math.ceil(end) + 2 * DAY_MS);
    const [first, last] = [this.#shift.moved(begin), this.#shift.moved(end)];
    this.#others = wallSegments(timeZone, Math.floor(first) - 3 * DAY_MS, Math.ceil(last) + 3 * DAY_MS);
  }

  range({ from, to }: QueryPlan): { from: number; to: number } {
    const begin = this.#moved(wallAt(this.#clock, from));
    return { from: begin, to: Math.max(begin, this.#moved(wallAt(this.#clock, to))) };
  }

  /** What the buckets of a step of whole days and over are compared with. */
  cells(step: string, buckets: Buckets, count: number): Cell[] {
    const byDay = this.#byMonths && stepMsOf(step) === DAY_MS;
    const walls = Array.from({ length: count + 1 }, (_, i) => this.#dateOf(edgeOf(buckets, i)));
    return walls.slice(0, -1).map((wall, i) => {
      const from = this.#moved(wall);
      if (!byDay) return { from, to: this.#moved(walls[i + 1]!) };
      // A day that the other month does not have is compared with nothing; one that it has more is left out.
      const [piece] = this.#shift.pieces(wall, wall + DAY_MS);
      return { from, to: piece === undefined ? from : firstInstantAt(this.#others, wall + piece.shiftMs + DAY_MS) };
    });
  }

  #moved(wall: number): number {
    return firstInstantAt(this.#others, this.#shift.moved(wall));
  }

  /** The midnight of an edge, also where the clock skips it. */
  #dateOf(edge: number): number {
    return Math.floor(wallAt(this.#clock, edge) / DAY_MS) * DAY_MS;
  }
}

function edgeOf(buckets: Buckets, index: number): number {
  if (buckets.kind === 'fixed') return bucketStart(buckets, index);
  return buckets.starts[index] ?? buckets.end;
}
