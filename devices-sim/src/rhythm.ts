const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Hour of the day, fractions included. The simulated city's clocks show UTC. @param eventTime epoch ms */
export function hourOf(eventTime: number): number {
  return (((eventTime % DAY_MS) + DAY_MS) % DAY_MS) / HOUR_MS;
}

export function isWeekend(eventTime: number): boolean {
  // 1970-01-01 was a Thursday.
  const weekday = (((Math.floor(eventTime / DAY_MS) + 4) % 7) + 7) % 7;
  return weekday === 0 || weekday === 6;
}

/** A bell over the clock, 1 at `centre`, that goes round midnight. `width` is its standard deviation in hours. */
export function bell(hour: number, centre: number, width: number): number {
  const apart = Math.abs(hour - centre);
  const distance = Math.min(apart, 24 - apart) / width;
  return Math.exp(-0.5 * distance * distance);
}

/** 0 on the first of January, fractions included. @param eventTime epoch ms */
export function dayOfYear(eventTime: number): number {
  return (eventTime - Date.UTC(new Date(eventTime).getUTCFullYear(), 0, 1)) / DAY_MS;
}
