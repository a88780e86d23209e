export type DurationUnit = 'ms' | 's' | 'm' | 'h' | 'd' | 'w' | 'M' | 'y';

/** A whole number of one unit; `d w M y` are calendar units, whose length depends on the time zone and the date. */
export interface Duration {
  readonly count: number;
  readonly unit: DurationUnit;
}

const MS: Readonly<Record<Exclude<DurationUnit, 'M' | 'y'>, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

const MAX_COUNT = 1_000_000_000;

/** @returns undefined unless the text is a whole number above 0 and one of `ms s m h d w M y` */
export function parseDuration(text: string): Duration | undefined {
  const match = /^(\d{1,10})(ms|s|m|h|d|w|M|y)$/.exec(text);
  if (match === null) return undefined;
  const count = Number(match[1]);
  return count >= 1 && count <= MAX_COUNT ? { count, unit: match[2] as DurationUnit } : undefined;
}

export function isCalendarDuration(duration: Duration): boolean {
  return duration.unit === 'd' || duration.unit === 'w' || duration.unit === 'M' || duration.unit === 'y';
}

/**
 * Elapsed milliseconds: of a day 24 h, of a week 7 days. Months and years have no fixed length.
 * @throws RangeError for text that is no duration, or for months and years
 */
export function durationMs(text: string): number {
  const duration = parseDuration(text);
  if (duration === undefined)
    throw new RangeError(`"${text}" is not a duration; write a number and one of ms s m h d w.`);
  if (duration.unit === 'M' || duration.unit === 'y')
    throw new RangeError(`"${text}" has no fixed length; use days or weeks.`);
  return duration.count * MS[duration.unit];
}
