import { zoned } from '@seawall/calendar';

/**
 * A stretch of a zone's wall clock that shows every reading once: `[from, to)` in wall time, which is `offsetMs` ahead of
 * the instants. Wall time is epoch ms as if the zone were UTC.
 */
export interface WallSegment {
  readonly from: number;
  readonly to: number;
  readonly offsetMs: number;
}

/**
 * The wall clock of a zone between two instants, in order. Times that it skips lie in no segment; of times that come
 * twice the first is meant, so the second hour of an autumn night lies in none either.
 */
export function wallSegments(timeZone: string, begin: number, end: number): WallSegment[] {
  const segments: WallSegment[] = [];
  let at = zoned(begin, timeZone);
  let start = begin;
  let shown = -Infinity;
  for (;;) {
    const offsetMs = at.offsetNanoseconds / 1e6;
    const change = at.getTimeZoneTransition('next');
    const until = Math.min(end, change?.epochMilliseconds ?? Infinity);
    const [from, to] = [Math.max(shown, start + offsetMs), until + offsetMs];
    if (from < to) segments.push({ from, to, offsetMs });
    if (change === null || until === end) return segments;
    shown = Math.max(shown, to);
    start = until;
    at = change;
  }
}

/** The wall time that a zone's clock has reached at an instant; it does not go back when the clock does. */
export function wallAt(segments: readonly WallSegment[], time: number): number {
  const segment = segments.findLast(({ from, offsetMs }) => from - offsetMs <= time);
  return segment === undefined ? segments[0]!.from : Math.min(segment.to, time + segment.offsetMs);
}

/** The first instant at which the wall clock shows a time or, where it skips that, a later one. */
export function firstInstantAt(segments: readonly WallSegment[], wall: number): number {
  const segment = segments.find(({ to }) => to > wall) ?? segments.at(-1)!;
  return Math.max(wall, segment.from) - segment.offsetMs;
}
