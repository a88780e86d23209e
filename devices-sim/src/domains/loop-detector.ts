import type { DeviceKind } from '../device-kind.ts';
import { roadLoad, slowedByRain } from './road-load.ts';

const CAPACITY_PER_HOUR = 1800;

/** An inductive loop in a road's surface: traffic slows as the road fills and in the rain, and crawls in a jam. */
export const loopDetector: DeviceKind = {
  type: 'loop-detector',
  domain: 'traffic',
  prefix: 'loop',
  title: 'Loop detector',
  intervalMs: 60_000,
  hasBattery: false,
  metrics: {
    speed: { unit: 'km/h', min: 0, max: 200, decimals: 1 },
    occupancy: { unit: '%', min: 0, max: 100, decimals: 1 },
    flow: { unit: '{veh}/h', min: 0, max: 3000, decimals: 0 },
  },
  sense(eventTime, { own, here }) {
    const load = roadLoad(eventTime, own, here);
    const flowing = Math.min(1, load);
    const jam = load - flowing;
    const free = own.trait('free-speed', 52, 72);
    const dry = free * (1 - 0.35 * flowing * flowing) * Math.max(0.12, Math.exp(-2.2 * jam));
    const throughput = flowing * Math.max(0.35, 1 - 0.5 * jam);
    return {
      speed: dry * (1 - slowedByRain(here.rain(eventTime))) * (1 + 0.04 * own.normal('speed', eventTime)),
      occupancy: 2 + 24 * flowing * flowing + 6 * flowing + 40 * jam + 1.2 * own.normal('occupancy', eventTime),
      flow: CAPACITY_PER_HOUR * throughput * (1 + 0.07 * own.normal('flow', eventTime)),
    };
  },
};
