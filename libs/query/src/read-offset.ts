import { addDuration, isCalendarDuration, parseDuration, type Duration } from '@seawall/calendar';
import { shown } from './field-readers.ts';
import type { Issues } from './query-error.ts';

/** By how much a question's range is moved. */
export interface Offset {
  /** As asked: "-7d". */
  readonly text: string;
  readonly duration: Duration;
  readonly sign: 1 | -1;
}

const HOW = 'write a sign and a duration, such as "-7d", "-52w" or "-1M"';
const LATEST = Date.UTC(2200, 0, 1);

/** @param from, to of the range that is moved, epoch ms */
export function readOffset(
  issues: Issues,
  value: unknown,
  { from, to }: { readonly from: number; readonly to: number },
  timeZone: string,
): Offset | undefined {
  const [, sign, text] = (typeof value === 'string' && /^([+-])(.+)$/.exec(value)) || [];
  const duration = text === undefined ? undefined : parseDuration(text);
  if (duration === undefined) return issues.add('offset', `${shown(value)} is not an offset; ${HOW}.`);
  const offset: Offset = { text: value as string, duration, sign: sign === '-' ? -1 : 1 };
  if (movedTime(from, offset, timeZone) >= 0 && movedTime(to, offset, timeZone) <= LATEST) return offset;
  return issues.add('offset', `The range moved by ${offset.text} does not lie between 1970 and 2200.`);
}

/** Whether it moves dates, so that no length of time says how far. */
export function isByMonths({ duration: { unit } }: Offset): boolean {
  return unit === 'M' || unit === 'y';
}

export function isByCalendar({ duration }: Offset): boolean {
  return isCalendarDuration(duration);
}

function movedTime(time: number, { duration: { count, unit }, sign }: Offset, timeZone: string): number {
  try {
    return addDuration(time, `${count}${unit}`, timeZone, sign);
  } catch (error) {
    // The calendar ends somewhere.
    if (error instanceof RangeError) return NaN;
    throw error;
  }
}
