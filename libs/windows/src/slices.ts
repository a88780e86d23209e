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
 * greatest mark, the partial's width where that varies, and the aggregate's partial. All in one array of numbers, since
 * a city has millions of them. Segments close in the order of time, so only the last slice ever changes, and new ones
 * come behind it.
 */
export type ClosedSlices = number[];

const START = 0;
const COUNT = 1;
const NEWEST = 2;
const MARK = 3;
/** Where the partial's width varies; elsewhere the partial begins here. */
const WIDTH = 4;

/** Where the partial of the slice at `at` begins. */
function partialAt(at: number, { width }: Aggregate): number {
  return at + (width === null ? WIDTH + 1 : WIDTH);
}

/** Where the slice at `at` ends. */
function endOf(closed: ClosedSlices, at: number, aggregate: Aggregate): number {
  return partialAt(at, aggregate) + (aggregate.width ?? closed[at + WIDTH]!);
}

/** Where the last slice begins; undefined without any. */
function lastOf(closed: ClosedSlices, aggregate: Aggregate): number | undefined {
  if (closed.length === 0) return undefined;
  if (aggregate.width !== null) return closed.length - partialAt(0, aggregate) - aggregate.width;
  let [last, next] = [0, endOf(closed, 0, aggregate)];
  for (; next < closed.length; next = endOf(closed, next, aggregate)) last = next;
  return last;
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
  let at = lastOf(closed, aggregate);
  if (at === undefined || closed[at + START] !== sliceStart) at = begin(closed, sliceStart, aggregate);
  const from = partialAt(at, aggregate);
  const partial = closed.slice(from);
  const { time, value, length } = aggregate.ofIncreases ? increasesOf(columns, scope.lastValues) : columns;
  aggregate.add(partial, time, value, length);
  for (let i = 0; i < partial.length; i++) closed[from + i] = partial[i]!;
  if (aggregate.width === null) {
    closed.length = from + partial.length;
    closed[at + WIDTH] = partial.length;
  }
  closed[at + COUNT]! += columns.length;
  closed[at + NEWEST] = columns.time[columns.length - 1]!;
  if (mark > closed[at + MARK]!) closed[at + MARK] = mark;
}

/** Puts in a slice without readings behind the others. @returns where it is */
function begin(closed: ClosedSlices, sliceStart: number, aggregate: Aggregate): number {
  const at = closed.length;
  const partial = aggregate.init();
  closed.push(sliceStart, 0, -Infinity, 0);
  if (aggregate.width === null) closed.push(partial.length);
  closed.push(...partial);
  return at;
}

/** Lets go of the closed slices that begin before `start`. */
export function dropBefore(closed: ClosedSlices, start: number, aggregate: Aggregate): void {
  let end = 0;
  while (end < closed.length && closed[end + START]! < start) end = endOf(closed, end, aggregate);
  if (end > 0) closed.splice(0, end);
}

/** Combines the slices that lie in `[start, end)`; open segments are looked into but stay as they are. */
export function combine(
  scope: SlicedReadings,
  [start, end]: readonly [start: number, end: number],
  aggregate: Aggregate,
): Combined {
  const { closed, segments } = scope;
  const partial = aggregate.init();
  let [count, newest, mark] = [0, -Infinity, 0];
  for (let at = 0, next = 0; at < closed.length && closed[at + START]! < end; at = next) {
    next = endOf(closed, at, aggregate);
    if (closed[at + START]! < start) continue;
    const slice = closed.slice(partialAt(at, aggregate), next);
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
