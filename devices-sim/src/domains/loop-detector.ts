import type { DeviceKind } from '../device-kind.ts';
import { bell, hourOf, isWeekend } from '../rhythm.ts';

const CAPACITY_PER_HOUR = 1800;

/** How full the road is, 0 to about 1: two rush hours on working days, one broad afternoon at the weekend. */
function demand(eventTime: number): number {
  const hour = hourOf(eventTime);
  if (isWeekend(eventTime)) return 0.08 + 0.5 * bell(hour, 14.5, 3.5);
  return 0.08 + 0.75 * bell(hour, 8.2, 1.3) + 0.8 * bell(hour, 17.6, 1.6) + 0.35 * bell(hour, 13, 2.5);
}

/** An inductive loop in a road's surface. */
export const loopDetector: DeviceKind = {
  type: 'loop-detector',
  domain: 'traffic',
  prefix: 'loop',
  title: 'Loop detector',
  intervalMs: 60_000,
  metrics: {
    speed: { unit: 'km/h', min: 0, max: 200, decimals: 1 },
    occupancy: { unit: '%', min: 0, max: 100, decimals: 1 },
    flow: { unit: '{veh}/h', min: 0, max: 3000, decimals: 0 },
  },
  sense(eventTime, { own }) {
    const drift = 1 + 0.08 * own.smooth('demand', eventTime, 900_000);
    const load = Math.min(1.05, demand(eventTime) * own.trait('busy', 0.75, 1.05) * drift);
    const free = own.trait('free-speed', 48, 72);
    return {
      speed: free * (1 - 0.35 * load * load) + 2.5 * own.normal('speed', eventTime),
      occupancy: 2 + 24 * load * load + 6 * load + 1.2 * own.normal('occupancy', eventTime),
      flow: CAPACITY_PER_HOUR * load * (1 + 0.07 * own.normal('flow', eventTime)),
    };
  },
};
