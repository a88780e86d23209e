import type { Aggregate, PartialAggregate } from './aggregates/index.ts';
import type { Columns, ColumnsPool } from './columns.ts';
import type { SegmentBounds } from './window-grid.ts';

/** A part of a slice that may still be reached, with its readings. */
export interface Segment extends SegmentBounds {
  readonly columns: Columns;
  /** The greatest mark among its readings. */
  mark: number;
}

/**
 * The closed parts of slices, oldest first: for each its start, the number of its readings, the newest event time, the
 * greatest mark, and the aggregate's partial. All in one array of numbers, since a city has millions of them.
 * Segments close in the order of time, so only the last slice ever changes, and new ones come behind it.
 */
export type ClosedSlices = number[];

const START = 0;
const COUNT = 1;
const NEWEST = 2;
const MARK = 3;
const PARTIAL = 4;

/** How many numbers a closed slice takes. */
function closedWidth(aggregate: Aggregate): number {
  return PARTIAL + aggregate.width;
}

/** What several slices come to: a partial of their readings in order, with their count, newest event time and mark. */
export interface Combined {
  readonly partial: PartialAggregate;
  readonly count: number;
  readonly newest: number;
  readonly mark: number;
}

/** Finds the segment among those in order, or puts it in. */
export function segmentIn(segments: Segment[], bounds: SegmentBounds, pool: ColumnsPool): Segment {
  let i = segments.length;
  // What is asked for is nearly always among the last.
  while (i > 0 && segments[i - 1]!.start > bounds.start) i--;
  const found = segments[i - 1];
  if (found?.start === bounds.start) return found;
  const { start, end, sliceStart, sliceEnd } = bounds;
  const segment = { start, end, sliceStart, sliceEnd, columns: pool.take(), mark: 0 };
  if (i === segments.length) segments.push(segment);
  else segments.splice(i, 0, segment);
  return segment;
}

/**
 * Folds the segments that end by `watermark` into the closed parts of their slices, in order, and lets their readings go.
 * @returns how many readings the segments had held, those counted in that settling dropped
 */
export function closeSegments(
  segments: Segment[],
  closed: ClosedSlices,
  watermark: number,
  aggregate: Aggregate,
  ranks: () => Uint32Array,
  pool: ColumnsPool,
): number {
  let [closing, held] = [0, 0];
  for (; closing < segments.length && segments[closing]!.end <= watermark; closing++) {
    const segment = segments[closing]!;
    segment.columns.settle(ranks);
    held += segment.columns.length + segment.columns.dropped;
    fold(segment, closed, aggregate);
    pool.give(segment.columns);
  }
  if (closing > 0) segments.splice(0, closing);
  return held;
}

function fold({ sliceStart, columns, mark }: Segment, closed: ClosedSlices, aggregate: Aggregate): void {
  const width = closedWidth(aggregate);
  let at = closed.length - width;
  if (at < 0 || closed[at + START] !== sliceStart) {
    at = closed.length;
    closed.push(sliceStart, 0, -Infinity, 0, ...aggregate.init());
  }
  const partial = closed.slice(at + PARTIAL, at + width);
  aggregate.add(partial, columns.time, columns.value, columns.length);
  for (let i = 0; i < partial.length; i++) closed[at + PARTIAL + i] = partial[i]!;
  closed[at + COUNT]! += columns.length;
  closed[at + NEWEST] = columns.time[columns.length - 1]!;
  if (mark > closed[at + MARK]!) closed[at + MARK] = mark;
}

/** Lets go of the closed slices that begin before `start`. */
export function dropBefore(closed: ClosedSlices, start: number, aggregate: Aggregate): void {
  const width = closedWidth(aggregate);
  let end = 0;
  while (end < closed.length && closed[end + START]! < start) end += width;
  if (end > 0) closed.splice(0, end);
}

/** Combines the slices that lie in `[start, end)`; open segments are looked into but stay as they are. */
export function combine(
  closed: ClosedSlices,
  segments: readonly Segment[],
  [start, end]: readonly [start: number, end: number],
  aggregate: Aggregate,
  ranks: () => Uint32Array,
): Combined {
  const width = closedWidth(aggregate);
  const partial = aggregate.init();
  let [count, newest, mark, open] = [0, -Infinity, 0, 0];
  while (open < segments.length && segments[open]!.sliceStart < start) open++;
  for (let at = 0; at < closed.length && closed[at + START]! < end; at += width) {
    if (closed[at + START]! < start) continue;
    const slice = closed.slice(at + PARTIAL, at + width);
    count += closed[at + COUNT]!;
    newest = Math.max(newest, closed[at + NEWEST]!);
    mark = Math.max(mark, closed[at + MARK]!);
    aggregate.merge(partial, slice);
  }
  for (; open < segments.length && segments[open]!.sliceStart < end; open++) {
    const { columns, mark: ofSegment } = segments[open]!;
    columns.settle(ranks);
    aggregate.add(partial, columns.time, columns.value, columns.length);
    count += columns.length;
    newest = columns.time[columns.length - 1]!;
    mark = Math.max(mark, ofSegment);
  }
  return { partial, count, newest, mark };
}
