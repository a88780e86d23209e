import type { DeviceKind } from '../device-kind.ts';
import { waterDemand } from './water-demand.ts';

/** A pressure gauge on a distribution main: it falls when the city draws water, and collapses when a main bursts. */
export const waterPressure: DeviceKind = {
  type: 'water-pressure',
  domain: 'utility',
  prefix: 'wp',
  title: 'Water pressure gauge',
  intervalMs: 120_000,
  hasBattery: true,
  metrics: { pressure: { unit: 'kPa', min: 0, max: 1000, decimals: 1 } },
  sense(eventTime, { own, city, here }) {
    const pumps = 8 * city.smooth('pumps', eventTime, 7_200_000);
    const drawn = 70 * waterDemand(eventTime, here.isRestDay(eventTime)) + 290 * here.leak(eventTime);
    return { pressure: own.trait('resting', 440, 480) - drawn + pumps + 3 * own.normal('pressure', eventTime) };
  },
};
