import { Temporal } from 'temporal-polyfill';
import { durationMs, isCalendarDuration, parseDuration, type Duration } from './duration.ts';
import { localDay, zoned } from './zone.ts';

/**
 * The grid of bucket starts that a step lays over time in a zone. Steps of a day and over follow the calendar
 * (weeks begin on Monday; n days, weeks, months, years are counted from 1970-01-01, 1970-01-05, January 1970, 1970);
 * smaller steps begin anew at each local midnight, so the last bucket of a day may be shorter.
 * All times are epoch ms.
 */
export interface Grid {
  /** The latest start that is not after `time`. */
  floor(time: number): number;
  /** The start that follows `start`, which must itself be on the grid; also the end of its bucket. */
  next(start: number): number;
  /** The start before `start`, which must itself be on the grid. */
  previous(start: number): number;
}

/** @throws RangeError for a step that is no duration */
export function gridOf(step: string, timeZone: string): Grid {
  const duration = parseDuration(step);
  if (duration === undefined)
    throw new RangeError(`"${step}" is not a duration; write a number and one of ms s m h d w M y.`);
  if (isCalendarDuration(duration)) return calendarGrid(duration, timeZone);
  const ms = durationMs(step);
  const DAY = 86_400_000;
  if (ms >= DAY) {
    if (ms % DAY === 0) return calendarGrid({ count: ms / DAY, unit: 'd' }, timeZone);
    throw new RangeError(`"${step}" is longer than a day but not whole days; write it in d, w, M or y.`);
  }
  return withinDayGrid(ms, timeZone);
}

/**
 * `start` moved by a duration: calendar units by the zone's calendar, others by elapsed time.
 * @throws RangeError for text that is no duration
 */
export function addDuration(time: number, duration: string, timeZone: string, sign: 1 | -1 = 1): number {
  const parsed = parseDuration(duration);
  if (parsed === undefined) throw new RangeError(`"${duration}" is not a duration.`);
  if (!isCalendarDuration(parsed)) return time + sign * durationMs(duration);
  const fraction = time - Math.floor(time);
  return zoned(time, timeZone).add(calendarDuration(parsed, sign)).epochMilliseconds + fraction;
}

function calendarDuration({ count, unit }: Duration, sign: 1 | -1): Temporal.DurationLike {
  const amount = sign * count;
  if (unit === 'd') return { days: amount };
  if (unit === 'w') return { weeks: amount };
  return unit === 'M' ? { months: amount } : { years: amount };
}

function withinDayGrid(stepMs: number, timeZone: string): Grid {
  // Readings of one time come together, and a long window's end is asked for in turn with its begin; so the two days last
  // asked for nearly always answer.
  let day = { start: 0, end: 0 };
  let before = day;
  const dayOf = (time: number) => {
    if (time >= day.start && time < day.end) return day;
    const found = time >= before.start && time < before.end ? before : localDay(time, timeZone);
    before = day;
    day = found;
    return day;
  };
  return {
    floor(time) {
      const { start } = dayOf(time);
      return start + Math.floor((time - start) / stepMs) * stepMs;
    },
    next(start) {
      return Math.min(start + stepMs, dayOf(start).end);
    },
    previous(start) {
      return this.floor(start - 1);
    },
  };
}

const EPOCH_DAY = Temporal.PlainDate.from('1970-01-01');
const EPOCH_MONDAY = Temporal.PlainDate.from('1970-01-05');

function calendarGrid(step: Duration, timeZone: string): Grid {
  const firstOf = (date: Temporal.PlainDate) => date.toZonedDateTime(timeZone).startOfDay().epochMilliseconds;
  let bucket = { date: EPOCH_DAY, start: 0, end: 0 };
  const bucketOf = (time: number) => {
    if (time < bucket.start || time >= bucket.end) {
      const date = calendarFloor(zoned(time, timeZone).toPlainDate(), step);
      bucket = { date, start: firstOf(date), end: firstOf(date.add(calendarDuration(step, 1))) };
    }
    return bucket;
  };
  return {
    floor: (time) => bucketOf(time).start,
    next: (start) => bucketOf(start).end,
    previous: (start) => bucketOf(start - 1).start,
  };
}

function calendarFloor(date: Temporal.PlainDate, { count, unit }: Duration): Temporal.PlainDate {
  const down = (n: number) => Math.floor(n / count) * count;
  switch (unit) {
    case 'd':
      return EPOCH_DAY.add({ days: down(EPOCH_DAY.until(date, { largestUnit: 'day' }).days) });
    case 'w': {
      const days = EPOCH_MONDAY.until(date, { largestUnit: 'day' }).days;
      return EPOCH_MONDAY.add({ weeks: down(Math.floor(days / 7)) });
    }
    case 'M': {
      const months = down((date.year - 1970) * 12 + date.month - 1);
      return EPOCH_DAY.add({ months });
    }
    case 'y':
      return EPOCH_DAY.add({ years: down(date.year - 1970) });
    default:
      throw new RangeError(`${count}${unit} is no calendar step.`);
  }
}
