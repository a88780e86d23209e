import type { Aggregate, PartialAggregate } from './aggregates/index.ts';

/**
 * What readings that can't change any more came to, slice by slice, oldest first: for each its start, the number of its
 * readings, the newest event time, the greatest mark, the partial's width where that varies, and the aggregate's
 * partial. All in one array of numbers, since a city has millions of them. Readings close in the order of time, so only
 * the last slice ever changes, and new ones come behind it.
 */
export type ClosedSlices = number[];

export const START = 0;
export const COUNT = 1;
export const NEWEST = 2;
export const MARK = 3;
/** Where the partial's width varies; elsewhere the partial begins here. */
const WIDTH = 4;

/** Where the partial of the slice at `at` begins. */
function partialAt(at: number, { width }: Aggregate): number {
  return at + (width === null ? WIDTH + 1 : WIDTH);
}

/** Where the slice at `at` ends and the next begins. */
export function nextSlice(closed: Readonly<ClosedSlices>, at: number, aggregate: Aggregate): number {
  return partialAt(at, aggregate) + (aggregate.width ?? closed[at + WIDTH]!);
}

/** Where the last slice begins; undefined without any. */
export function lastSlice(closed: Readonly<ClosedSlices>, aggregate: Aggregate): number | undefined {
  if (closed.length === 0) return undefined;
  if (aggregate.width !== null) return closed.length - partialAt(0, aggregate) - aggregate.width;
  let [last, next] = [0, nextSlice(closed, 0, aggregate)];
  for (; next < closed.length; next = nextSlice(closed, next, aggregate)) last = next;
  return last;
}

/** A copy. */
export function partialOf(closed: Readonly<ClosedSlices>, at: number, aggregate: Aggregate): PartialAggregate {
  return closed.slice(partialAt(at, aggregate), nextSlice(closed, at, aggregate));
}

/** Puts in a slice without readings behind the others. @returns where it is */
export function beginSlice(closed: ClosedSlices, start: number, aggregate: Aggregate): number {
  const at = closed.length;
  const partial = aggregate.init();
  closed.push(start, 0, -Infinity, 0);
  if (aggregate.width === null) closed.push(partial.length);
  closed.push(...partial);
  return at;
}

/** Takes the place of the last slice's partial. */
export function putPartial(closed: ClosedSlices, at: number, partial: PartialAggregate, aggregate: Aggregate): void {
  const from = partialAt(at, aggregate);
  for (let i = 0; i < partial.length; i++) closed[from + i] = partial[i]!;
  if (aggregate.width !== null) return;
  closed.length = from + partial.length;
  closed[at + WIDTH] = partial.length;
}
