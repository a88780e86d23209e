import { bell, hourOf } from '../rhythm.ts';

const COMFORT_COLD = 15;
const COMFORT_HOT = 24;

/** How the heat or the cold outside multiplies what a household draws. @param temperature Cel */
function climateFactor(temperature: number): number {
  return 1 + 0.03 * Math.max(0, COMFORT_COLD - temperature) + 0.05 * Math.max(0, temperature - COMFORT_HOT);
}

/** What households draw: breakfast, supper, a broad midday at rest; about 1 at an ordinary evening's peak. */
export function householdLoad(eventTime: number, isRestDay: boolean, temperature: number): number {
  const hour = hourOf(eventTime);
  const day = isRestDay ? 0.35 * bell(hour, 12.5, 3.5) : 0.35 * bell(hour, 7.5, 1.3) + 0.1 * bell(hour, 13, 3);
  return (0.25 + day + 0.6 * bell(hour, 19.5, 2.2)) * climateFactor(temperature);
}
