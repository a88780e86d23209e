import { INCREASE_WITHIN_MS } from '@seawall/model';
import type { Rows, Segment } from './segment.ts';

/** Of each member, by its number, the last reading that late ones can't precede any more; NaN before its first. */
export interface LastReadings {
  readonly time: number[];
  readonly value: number[];
}

/** What precedes a segment's readings, by member. */
interface Preceding {
  readonly time: Map<number, number>;
  readonly value: Map<number, number>;
}

/**
 * The increases that the readings of a segment end: of each that has one of its series before it, not more than 24 hours
 * ago, at its time. All segments up to it must be settled. Kept with the segment until `forgetIncreases`.
 * @param last what came before the first of the segments
 */
export function increasesIn(segments: readonly Segment[], at: number, last: LastReadings): Rows {
  const segment = segments[at]!;
  segment.increases ??= increasesOf(segment, precedingOf(segments, at, last));
  return segment.increases;
}

/** A reading was put into a segment: what it ends there and what the next of its series ends have changed. */
export function forgetIncreases(segments: readonly Segment[], from: Segment): void {
  for (let i = segments.length - 1; i >= 0; i--) {
    segments[i]!.increases = null;
    if (segments[i] === from) return;
  }
}

/** The event time of a member's first reading after `eventTime`; undefined without any. All segments must be settled. */
export function nextReadingOf(segments: readonly Segment[], member: number, eventTime: number): number | undefined {
  for (const segment of segments) {
    if (segment.end <= eventTime) continue;
    const { time } = segment.page;
    for (let row = segment.from; row < segment.to; row++) {
      if (time[row]! > eventTime && segment.memberIn(row) === member) return time[row]!;
    }
  }
  return undefined;
}

/** Late readings can't precede those of a segment any more. */
export function keepLast(segment: Segment, last: LastReadings): void {
  const { time, value } = segment.page;
  for (let row = segment.from; row < segment.to; row++) {
    const of = segment.memberIn(row);
    while (last.value.length <= of) {
      last.time.push(NaN);
      last.value.push(NaN);
    }
    last.time[of] = time[row]!;
    last.value[of] = value[row]!;
  }
}

/** Looks back only as far as it takes to find each member that the segment has readings of. */
function precedingOf(segments: readonly Segment[], at: number, last: LastReadings): Preceding {
  const preceding: Preceding = { time: new Map(), value: new Map() };
  const missing = membersOf(segments[at]!);
  for (let s = at - 1; s >= 0 && missing.size > 0; s--) {
    const segment = segments[s]!;
    const { time, value } = segment.page;
    for (let row = segment.to - 1; row >= segment.from && missing.size > 0; row--) {
      const of = segment.memberIn(row);
      if (!missing.delete(of)) continue;
      preceding.time.set(of, time[row]!);
      preceding.value.set(of, value[row]!);
    }
  }
  for (const of of missing) {
    preceding.time.set(of, last.time[of] ?? NaN);
    preceding.value.set(of, last.value[of] ?? NaN);
  }
  return preceding;
}

function membersOf(segment: Segment): Set<number> {
  const members = segment.members();
  return members.length === 0 ? new Set([0]) : new Set(members);
}

function increasesOf(segment: Segment, preceding: Preceding): Rows {
  const { time, value } = segment.page;
  const page = { time: new Float64Array(segment.length), value: new Float64Array(segment.length) };
  let to = 0;
  for (let row = segment.from; row < segment.to; row++) {
    const of = segment.memberIn(row);
    // False as well for NaN: there is none before.
    const near = time[row]! - preceding.time.get(of)! <= INCREASE_WITHIN_MS;
    if (near) {
      page.time[to] = time[row]!;
      page.value[to++] = increase(preceding.value.get(of)!, value[row]!);
    }
    preceding.time.set(of, time[row]!);
    preceding.value.set(of, value[row]!);
  }
  return { page, from: 0, to };
}

/** A counter that reads less than before has begun again from 0; how far it had come by then, nobody knows. */
function increase(before: number, value: number): number {
  return value >= before ? value - before : Math.max(0, value);
}
