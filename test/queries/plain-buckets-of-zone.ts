import { dateOf, midnight } from './plain-zone.ts';

const DAY = 86_400_000;
/** 1970-01-05. */
const FIRST_MONDAY = 4 * DAY;
const UNIT_MS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000 };

export interface PlainSpan {
  readonly start: number;
  readonly end: number;
}

/** The bucket of a time: by the calendar, or so much elapsed time since midnight. */
export function bucketOf(zone: string, step: string, time: number): PlainSpan {
  const [count, unit] = [parseInt(step), step.at(-1)!];
  const date = dateOf(zone, time);
  const unitMs = UNIT_MS[unit];
  if (unitMs === undefined || count * unitMs === DAY) {
    const [first, next] = datesOf(unitMs === undefined ? count : 1, unitMs === undefined ? unit : 'd', date);
    return { start: midnight(zone, first), end: midnight(zone, next) };
  }
  const day = { start: midnight(zone, date), end: midnight(zone, date + DAY) };
  const start = day.start + Math.floor((time - day.start) / (count * unitMs)) * count * unitMs;
  return { start, end: Math.min(day.end, start + count * unitMs) };
}

/** The dates on which the bucket that holds a date begins, and the next. */
function datesOf(count: number, unit: string, date: number): [first: number, next: number] {
  if (unit === 'd' || unit === 'w') {
    const [origin, length] = unit === 'd' ? [0, count * DAY] : [FIRST_MONDAY, count * 7 * DAY];
    const first = origin + Math.floor((date - origin) / length) * length;
    return [first, first + length];
  }
  const months = count * (unit === 'y' ? 12 : 1);
  const month = new Date(date).getUTCFullYear() * 12 + new Date(date).getUTCMonth() - 1970 * 12;
  const first = Math.floor(month / months) * months;
  return [Date.UTC(1970, first), Date.UTC(1970, first + months)];
}

export function bucketsWithin(zone: string, step: string, from: number, to: number): PlainSpan[] {
  const buckets: PlainSpan[] = [];
  for (let at = from; at < to; at = buckets.at(-1)!.end) buckets.push(bucketOf(zone, step, at));
  return buckets;
}
