// Taken once: in the sandbox of a test runner each look at a global is slow, and these are asked a million times.
const { abs, exp, floor, min } = Math;

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Hour of the day, fractions included. The simulated city's clocks show UTC. @param eventTime epoch ms */
export function hourOf(eventTime: number): number {
  return (((eventTime % DAY_MS) + DAY_MS) % DAY_MS) / HOUR_MS;
}

export function isWeekend(eventTime: number): boolean {
  // 1970-01-01 was a Thursday.
  const weekday = (((floor(eventTime / DAY_MS) + 4) % 7) + 7) % 7;
  return weekday === 0 || weekday === 6;
}

/** A bell over the clock, 1 at `centre`, that goes round midnight. `width` is its standard deviation in hours. */
export function bell(hour: number, centre: number, width: number): number {
  const apart = abs(hour - centre);
  const distance = min(apart, 24 - apart) / width;
  return exp(-0.5 * distance * distance);
}

/** 0 on the first of January, fractions included. @param eventTime epoch ms */
export function dayOfYear(eventTime: number): number {
  return (eventTime - Date.UTC(new Date(eventTime).getUTCFullYear(), 0, 1)) / DAY_MS;
}
