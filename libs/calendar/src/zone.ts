import { Temporal } from 'temporal-polyfill';

/** @returns whether the name is an IANA time zone (or a fixed offset) known here */
export function isTimeZone(name: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return true;
  } catch {
    return false;
  }
}

export interface WallTime {
  readonly year: number;
  /** 1–12 */
  readonly month: number;
  readonly day: number;
  readonly hour?: number;
  readonly minute?: number;
  readonly second?: number;
  readonly millisecond?: number;
}

/**
 * Epoch ms of a wall-clock time in a zone. Of a time that comes twice (the end of summer time) the earlier is meant;
 * one that is skipped (its start) moves forward by the gap: RFC 5545's reading.
 * @throws RangeError if there is no such date
 */
export function wallTimeToEpochMs(wall: WallTime, timeZone: string): number {
  return Temporal.PlainDateTime.from({ ...wall }, { overflow: 'reject' }).toZonedDateTime(timeZone).epochMilliseconds;
}

const DAY_MS = 86_400_000;

/** Epoch ms. */
interface LocalDay {
  readonly start: number;
  readonly end: number;
}

/** The day last asked for in each zone: whoever asks about one moment soon asks about others of its day. */
const lastDays = new Map<string, LocalDay>();
const MAX_LAST_DAYS = 64;

/** Epoch ms of the start of the local day that holds `time`, and of the next one. Days may have 23 or 25 hours. */
export function localDay(time: number, timeZone: string): LocalDay {
  const last = lastDays.get(timeZone);
  if (last !== undefined && time >= last.start && time < last.end) return last;
  const day = zoned(time, timeZone).startOfDay();
  const found = { start: day.epochMilliseconds, end: day.add({ days: 1 }).startOfDay().epochMilliseconds };
  if (lastDays.size >= MAX_LAST_DAYS) lastDays.clear();
  lastDays.set(timeZone, found);
  return found;
}

/** Of a local time that comes twice (the end of summer time) the later moment, given the earlier; undefined for all others. */
export function laterOfTwice(time: number, timeZone: string): number | undefined {
  // Only in a longer day; which day it is, is known of most times already.
  const { start, end } = localDay(time, timeZone);
  if (end - start <= DAY_MS) return undefined;
  const wall = zoned(time, timeZone).toPlainDateTime();
  const later = wall.toZonedDateTime(timeZone, { disambiguation: 'later' }).epochMilliseconds;
  return later > time ? later : undefined;
}

export function zoned(time: number, timeZone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(Math.floor(time)).toZonedDateTimeISO(timeZone);
}
