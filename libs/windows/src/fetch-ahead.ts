import type { Lanes } from './lanes.ts';
import type { Scopes } from './scopes.ts';
import type { Segment } from './segment.ts';

/** Numbers in a line of the processor's cache. */
const LINE = 8;
/** Of longer columns the processor fetches the rest by itself, once it has seen where that leads. */
const MOST_ROWS = 64;

/** Means nothing: looks whose outcome nobody keeps may be left out. */
export let lastSeen = 0;

/**
 * Has the processor fetch what is about to be asked of scopes that have not been looked at for a minute: for all of them side
 * by side, since one by one each look would wait for memory. What a reference leads to can only be asked for once that is
 * there, hence one level after the other.
 * @param numbers of the scopes, the first `count` of them
 */
export function fetchAhead(scopes: Scopes, lanes: Lanes, numbers: Uint32Array, count: number): void {
  let seen = 0;
  for (let i = 0; i < count; i++) seen += scopes.at(numbers[i]!).held;
  for (let i = 0; i < count; i++) {
    const { due, segments, views, watermark } = scopes.at(numbers[i]!);
    seen += due + segments.length + views.length + watermark.members;
  }
  for (let i = 0; i < count; i++) seen += scopes.at(numbers[i]!).peek();
  for (let i = 0; i < count; i++) {
    const last = scopes.at(numbers[i]!).segments.at(-1);
    seen += lanes.peek(numbers[i]!) + (last === undefined ? 0 : valuesOf(last));
  }
  lastSeen = seen;
}

/** Of the minute whose windows are most likely to be added up. */
function valuesOf({ page, from, capacity }: Segment): number {
  let seen = 0;
  const end = from + Math.min(capacity, MOST_ROWS);
  for (let row = from; row < end; row += LINE) seen += page.value[row]!;
  return seen;
}
