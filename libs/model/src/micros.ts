/** Epoch ms as whole microseconds; exact up to the year 2255. */
export function microsOf(eventTime: number): number {
  return Math.round(eventTime * 1000);
}
