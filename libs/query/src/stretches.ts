import { durationMs, isCalendarDuration } from '@seawall/calendar';
import type { Offset } from './read-offset.ts';
import { wallSegments } from './wall-segments.ts';
import { WallShift } from './wall-shift.ts';

const DAY_MS = 86_400_000;

/** Readings from `stored` on, for so long, are shown from `shown` on. Epoch ms. */
export interface Stretch {
  readonly shown: number;
  readonly stored: number;
  readonly lengthMs: number;
}

/**
 * What of `[from, to)` has a counterpart at the offset, in order of both times. Calendar offsets pair equal local times;
 * what one side's clock or calendar lacks, or shows again, lies in no stretch.
 */
export function stretchesOf(offset: Offset, timeZone: string, from: number, to: number): Stretch[] {
  const { duration, sign } = offset;
  if (!isCalendarDuration(duration)) {
    return [
      { shown: from, stored: from + sign * durationMs(`${duration.count}${duration.unit}`), lengthMs: to - from },
    ];
  }
  // From a day before, so that a range which begins in the second of two equal hours is known to.
  const clock = wallSegments(timeZone, from - DAY_MS, to);
  const pieces = new WallShift(duration, sign).pieces(clock[0]!.from, clock.at(-1)!.to);
  if (pieces.length === 0) return [];
  const [first, last] = [pieces[0]!, pieces.at(-1)!];
  const others = wallSegments(timeZone, first.from + first.shiftMs - 2 * DAY_MS, last.to + last.shiftMs + 2 * DAY_MS);
  const stretches: Stretch[] = [];
  for (const own of clock) {
    for (const { from: begin, to: end, shiftMs } of pieces) {
      if (begin >= own.to || end <= own.from) continue;
      for (const other of others) {
        const start = Math.max(begin, own.from, from + own.offsetMs, other.from - shiftMs);
        const lengthMs = Math.min(end, own.to, other.to - shiftMs) - start;
        if (lengthMs <= 0) continue;
        stretches.push({ shown: start - own.offsetMs, stored: start + shiftMs - other.offsetMs, lengthMs });
      }
    }
  }
  return stretches;
}

/** Where a stored time is shown; undefined if nothing is its counterpart. */
export function shownTime(stretches: readonly Stretch[], time: number): number | undefined {
  const stretch = stretches.findLast(({ stored }) => stored <= time);
  if (stretch === undefined || time >= stretch.stored + stretch.lengthMs) return undefined;
  return time + (stretch.shown - stretch.stored);
}

/** The stored time from which on readings are shown at a time or later; undefined if there are none. */
export function storedFrom(stretches: readonly Stretch[], time: number): number | undefined {
  const stretch = stretches.find(({ shown, lengthMs }) => shown + lengthMs > time);
  return stretch && Math.max(time, stretch.shown) + (stretch.stored - stretch.shown);
}

/** The stored time before which readings are shown before a time; undefined if there are none. */
export function storedTo(stretches: readonly Stretch[], time: number): number | undefined {
  const stretch = stretches.findLast(({ shown }) => shown < time);
  return stretch && Math.min(time, stretch.shown + stretch.lengthMs) + (stretch.stored - stretch.shown);
}
