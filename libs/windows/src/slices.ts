import type { Aggregate, PartialAggregate } from './aggregates/index.ts';
import type { Columns, ColumnsPool } from './columns.ts';
import type { SegmentBounds } from './window-grid.ts';

/** A part of a slice that may still be reached, with its readings. */
export interface Segment {
  readonly start: number;
  readonly end: number;
  readonly columns: Columns;
}

/** The stretch between two beginnings of windows: the aggregate of its closed part, and the segments still open. */
export interface Slice {
  readonly start: number;
  readonly end: number;
  /** Of the readings in closed segments. */
  readonly partial: PartialAggregate;
  count: number;
  /** The newest event time in closed segments; -Infinity without any. */
  newest: number;
  /** The greatest mark among all its readings. */
  mark: number;
  /** Whether a reading came since it was last decided on early. */
  changed: boolean;
  readonly segments: Segment[];
}

/** What several slices come to: a partial of their readings in order, with their count, newest event time and mark. */
export interface Combined {
  readonly partial: PartialAggregate;
  readonly count: number;
  readonly newest: number;
  readonly mark: number;
}

/** Finds the segment in slices that are in order, or puts in what is missing of slice and segment. */
export function segmentIn(
  slices: Slice[],
  bounds: SegmentBounds,
  aggregate: Aggregate,
  pool: ColumnsPool,
): [Slice, Segment] {
  let slice = find(slices, bounds.sliceStart);
  if (slice === undefined) {
    slice = newSlice(bounds.sliceStart, bounds.sliceEnd, aggregate);
    insert(slices, slice);
  }
  let segment = find(slice.segments, bounds.start);
  if (segment === undefined) {
    segment = { start: bounds.start, end: bounds.end, columns: pool.take() };
    insert(slice.segments, segment);
  }
  return [slice, segment];
}

export function newSlice(start: number, end: number, aggregate: Aggregate): Slice {
  const partial = aggregate.init();
  return { start, end, partial, count: 0, newest: -Infinity, mark: 0, changed: false, segments: [] };
}

/**
 * Folds a slice's segments that end by `watermark` into its partial, in order, and lets their readings go.
 * @returns how many readings the segments had held, those counted in that settling dropped
 */
export function closeSegments(
  slice: Slice,
  watermark: number,
  aggregate: Aggregate,
  ranks: () => Uint32Array,
  pool: ColumnsPool,
): number {
  const { segments } = slice;
  let closed = 0;
  let held = 0;
  for (; closed < segments.length && segments[closed]!.end <= watermark; closed++) {
    const { columns } = segments[closed]!;
    columns.settle(ranks);
    held += columns.length + columns.dropped;
    aggregate.add(slice.partial, columns.time, columns.value, columns.length);
    slice.count += columns.length;
    slice.newest = columns.time[columns.length - 1]!;
    pool.give(columns);
  }
  if (closed > 0) segments.splice(0, closed);
  return held;
}

/** Combines slices, which come in order; open segments are looked into but stay as they are. */
export function combine(slices: readonly Slice[], aggregate: Aggregate, ranks: () => Uint32Array): Combined {
  const first = slices[0]!;
  if (slices.length === 1 && first.segments.length === 0) return first;
  const partial = aggregate.init();
  let [count, newest, mark] = [0, -Infinity, 0];
  for (const slice of slices) {
    aggregate.merge(partial, slice.partial);
    count += slice.count;
    newest = Math.max(newest, slice.newest);
    mark = Math.max(mark, slice.mark);
    for (const { columns } of slice.segments) {
      columns.settle(ranks);
      aggregate.add(partial, columns.time, columns.value, columns.length);
      count += columns.length;
      newest = columns.time[columns.length - 1]!;
    }
  }
  return { partial, count, newest, mark };
}

function find<T extends { readonly start: number }>(ordered: readonly T[], start: number): T | undefined {
  // What is asked for is nearly always among the last.
  let i = ordered.length - 1;
  while (i >= 0 && ordered[i]!.start > start) i--;
  return i >= 0 && ordered[i]!.start === start ? ordered[i] : undefined;
}

function insert<T extends { readonly start: number }>(ordered: T[], item: T): void {
  let i = ordered.length;
  while (i > 0 && ordered[i - 1]!.start > item.start) i--;
  if (i === ordered.length) ordered.push(item);
  else ordered.splice(i, 0, item);
}
