import type { Noise } from '../noise.ts';
import { bell, hourOf } from '../rhythm.ts';
import type { LocalWorld } from '../world/local-world.ts';

/** How full the roads are, 0 to about 1: two rush hours on working days, one broad afternoon on days of rest. */
export function trafficDemand(eventTime: number, here: LocalWorld): number {
  const hour = hourOf(eventTime);
  const usual = here.isRestDay(eventTime)
    ? 0.08 + 0.5 * bell(hour, 14.5, 3.5)
    : 0.08 + 0.75 * bell(hour, 8.2, 1.3) + 0.8 * bell(hour, 17.6, 1.6) + 0.35 * bell(hour, 13, 2.5);
  return usual * (1 - here.stayingIn(eventTime));
}

/** The load of one road: up to 1 it flows, above 1 it is jammed, which only crowds on their way bring about. */
export function roadLoad(eventTime: number, own: Noise, here: LocalWorld): number {
  const drift = 1 + 0.08 * own.smooth('demand', eventTime, 900_000);
  const everyday = trafficDemand(eventTime, here) * own.trait('busy', 0.75, 1.05) * drift;
  return Math.min(1, everyday) + 1.8 * here.onTheMove(eventTime);
}

/** How much of its dry-road speed traffic loses to rain, 0 to 0.3. @param rain mm/h */
export function slowedByRain(rain: number): number {
  return 0.3 * (1 - Math.exp(-rain / 10));
}
