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
  for (const { end, time, length, member: members } of segments) {
    if (end <= eventTime) continue;
    for (let i = 0; i < length; i++) {
      if (time[i]! > eventTime && (members[i] ?? 0) === member) return time[i]!;
    }
  }
  return undefined;
}

/** Late readings can't precede those of a segment any more. */
export function keepLast({ time, value, member, length }: Segment, last: LastReadings): void {
  for (let i = 0; i < length; i++) {
    const of = member[i] ?? 0;
    while (last.value.length <= of) {
      last.time.push(NaN);
      last.value.push(NaN);
    }
    last.time[of] = time[i]!;
    last.value[of] = value[i]!;
  }
}

/** Looks back only as far as it takes to find each member that the segment has readings of. */
function precedingOf(segments: readonly Segment[], at: number, last: LastReadings): Preceding {
  const preceding: Preceding = { time: new Map(), value: new Map() };
  const missing = membersOf(segments[at]!);
  for (let s = at - 1; s >= 0 && missing.size > 0; s--) {
    const { time, value, member, length } = segments[s]!;
    for (let i = length - 1; i >= 0 && missing.size > 0; i--) {
      const of = member[i] ?? 0;
      if (!missing.delete(of)) continue;
      preceding.time.set(of, time[i]!);
      preceding.value.set(of, value[i]!);
    }
  }
  for (const of of missing) {
    preceding.time.set(of, last.time[of] ?? NaN);
    preceding.value.set(of, last.value[of] ?? NaN);
  }
  return preceding;
}

function membersOf({ member, length }: Segment): Set<number> {
  return member.length === 0 ? new Set([0]) : new Set(member.subarray(0, length));
}

function increasesOf({ time, value, member, length }: Segment, preceding: Preceding): Rows {
  const rows = { time: new Float64Array(length), value: new Float64Array(length), length: 0 };
  for (let i = 0; i < length; i++) {
    const of = member[i] ?? 0;
    // False as well for NaN: there is none before.
    const near = time[i]! - preceding.time.get(of)! <= INCREASE_WITHIN_MS;
    if (near) {
      rows.time[rows.length] = time[i]!;
      rows.value[rows.length++] = increase(preceding.value.get(of)!, value[i]!);
    }
    preceding.time.set(of, time[i]!);
    preceding.value.set(of, value[i]!);
  }
  return rows;
}

/** A counter that reads less than before has begun again from 0; how far it had come by then, nobody knows. */
function increase(before: number, value: number): number {
  return value >= before ? value - before : Math.max(0, value);
}
