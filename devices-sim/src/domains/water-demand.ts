import { bell, hourOf } from '../rhythm.ts';

/** How much of the peak the city draws, 0.2 to about 1; days of rest start later. @param eventTime epoch ms */
export function waterDemand(eventTime: number, isRestDay: boolean): number {
  const hour = hourOf(eventTime);
  const morning = isRestDay ? bell(hour, 10, 2) : bell(hour, 7.3, 1.4);
  return 0.2 + 0.7 * morning + 0.55 * bell(hour, 19.5, 2) + 0.3 * bell(hour, 13, 3);
}
