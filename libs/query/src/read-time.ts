import { addDuration, parseDuration, parseRfc3339 } from '@seawall/calendar';
import { microsOf } from '@seawall/model';
import { shown } from './field-readers.ts';
import type { Issues } from './query-error.ts';

const YEAR_1971 = Date.UTC(1971, 0, 1);
const YEAR_2200 = Date.UTC(2200, 0, 1);
const RELATIVE = /^(?:now)?(?:([+-])(.+))?$/;
const HOW = 'write epoch milliseconds, RFC 3339 ("2026-03-01T00:00:00Z"), "now", or relative to now as in "-24h"';

/**
 * One end of the range as epoch ms, to the microsecond. Calendar units of a relative time follow the zone.
 * @param now epoch ms, what "now" means
 */
export function readTime(
  issues: Issues,
  field: string,
  value: unknown,
  now: number,
  timeZone: string,
): number | undefined {
  const time = typeof value === 'number' ? value : typeof value === 'string' ? timeOf(value, now, timeZone) : undefined;
  if (time === undefined) return issues.add(field, `${shown(value)} is not a time; ${HOW}.`);
  if (typeof value === 'number' && time > 0 && time < YEAR_1971) {
    return issues.add(field, `${shown(value)} looks like epoch seconds; write epoch milliseconds.`);
  }
  if (!(time >= 0 && time <= YEAR_2200)) return issues.add(field, `${shown(value)} is not between 1970 and 2200.`);
  return microsOf(time) / 1000;
}

function timeOf(text: string, now: number, timeZone: string): number | undefined {
  const match = text === '' ? null : RELATIVE.exec(text);
  if (match === null) return parseRfc3339(text);
  const [, sign, duration] = match;
  if (sign === undefined || duration === undefined) return now;
  if (parseDuration(duration) === undefined) return undefined;
  try {
    return addDuration(now, duration, timeZone, sign === '-' ? -1 : 1);
  } catch (error) {
    // The calendar ends somewhere; "-1000000000y" lies beyond it, and outside the years that can be asked for.
    if (error instanceof RangeError) return NaN;
    throw error;
  }
}
