/**
 * The final windows that were given out and may still be revised, in the order of their starts, as numbers: for each
 * its start, end, revision, value and count.
 */
export type GivenWindows = number[];

export const START = 0;
export const END = 1;
export const REVISION = 2;
const VALUE = 3;
const COUNT = 4;
export const WIDTH = 5;

/** Where the first window is that doesn't begin before `start`. */
export function findGiven(given: GivenWindows, start: number): number {
  let at = given.length;
  // What is asked for is nearly always among the last.
  while (at > 0 && given[at - WIDTH + START]! >= start) at -= WIDTH;
  return at;
}

/** Whether a window was given out just so. */
export function isAsGiven(given: GivenWindows, at: number, end: number, value: number, count: number): boolean {
  return given[at + END] === end && given[at + COUNT] === count && Object.is(given[at + VALUE], value);
}

/** In the place of `replaced` windows at `at`. */
export function putGiven(
  given: GivenWindows,
  [at, replaced]: readonly [at: number, replaced: number],
  {
    start,
    end,
    revision,
    value,
    count,
  }: { start: number; end: number; revision: number; value: number; count: number },
): void {
  if (at === given.length) given.push(start, end, revision, value, count);
  else given.splice(at, replaced * WIDTH, start, end, revision, value, count);
}

/** Lets go of those that end by `horizon`, from the oldest to the first that begins at `from` or after. */
export function forgetGiven(given: GivenWindows, horizon: number, from = Infinity): void {
  let end = 0;
  while (end < given.length && given[end + END]! <= horizon && given[end + START]! < from) end += WIDTH;
  if (end > 0) given.splice(0, end);
}
