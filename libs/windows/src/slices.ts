import type { Aggregate, PartialAggregate } from './aggregates/index.ts';
import type { Columns, ColumnsPool } from './columns.ts';
import { increasesOf, type LastValues, type Rows } from './increases.ts';
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

/** The readings of a scope: closed up to its watermark, open from there. */
export interface SlicedReadings {
  /** What late readings can't reach any more, as aggregates. */
  readonly closed: ClosedSlices;
  /** What they may still reach, with its readings; in order, and all of it after what is closed. */
  readonly segments: Segment[];
  /** By the end of what is closed; kept for aggregates of increases alone. */
  readonly lastValues: LastValues;
  /** The place of each member in the order of series. */
  readonly ranks: () => Uint32Array;
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
  scope: SlicedReadings,
  watermark: number,
  aggregate: Aggregate,
  pool: ColumnsPool,
): number {
  const { segments } = scope;
  let [closing, held] = [0, 0];
  for (; closing < segments.length && segments[closing]!.end <= watermark; closing++) {
    const segment = segments[closing]!;
    segment.columns.settle(scope.ranks);
    held += segment.columns.length + segment.columns.dropped;
    fold(segment, scope, aggregate);
    pool.give(segment.columns);
  }
  if (closing > 0) segments.splice(0, closing);
  return held;
}

function fold({ sliceStart, columns, mark }: Segment, scope: SlicedReadings, aggregate: Aggregate): void {
  const { closed } = scope;
  const width = closedWidth(aggregate);
  let at = closed.length - width;
  if (at < 0 || closed[at + START] !== sliceStart) {
    at = closed.length;
    closed.push(sliceStart, 0, -Infinity, 0, ...aggregate.init());
  }
  const partial = closed.slice(at + PARTIAL, at + width);
  const { time, value, length } = aggregate.ofIncreases ? increasesOf(columns, scope.lastValues) : columns;
  aggregate.add(partial, time, value, length);
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
  scope: SlicedReadings,
  [start, end]: readonly [start: number, end: number],
  aggregate: Aggregate,
): Combined {
  const { closed, segments } = scope;
  const width = closedWidth(aggregate);
  const partial = aggregate.init();
  let [count, newest, mark] = [0, -Infinity, 0];
  for (let at = 0; at < closed.length && closed[at + START]! < end; at += width) {
    if (closed[at + START]! < start) continue;
    const slice = closed.slice(at + PARTIAL, at + width);
    count += closed[at + COUNT]!;
    newest = Math.max(newest, closed[at + NEWEST]!);
    mark = Math.max(mark, closed[at + MARK]!);
    aggregate.merge(partial, slice);
  }
  const rowsOf = openRows(scope, aggregate);
  for (const { sliceStart, columns, mark: ofSegment } of segments) {
    if (sliceStart >= end) break;
    const rows = rowsOf(columns, sliceStart >= start);
    if (rows === null) continue;
    aggregate.add(partial, rows.time, rows.value, rows.length);
    count += columns.length;
    newest = columns.time[columns.length - 1]!;
    mark = Math.max(mark, ofSegment);
  }
  return { partial, count, newest, mark };
}

/** Reads open segments in order; what comes before those asked for is looked into only for where increases begin. */
function openRows(scope: SlicedReadings, aggregate: Aggregate): (columns: Columns, asked: boolean) => Rows | null {
  let last: LastValues | null = null;
  return (columns, asked) => {
    if (!asked && !aggregate.ofIncreases) return null;
    columns.settle(scope.ranks);
    if (!aggregate.ofIncreases) return columns;
    const rows = increasesOf(columns, (last ??= scope.lastValues.slice()));
    return asked ? rows : null;
  };
}
