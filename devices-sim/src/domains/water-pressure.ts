import type { DeviceKind } from '../device-kind.ts';
import { waterDemand } from './water-demand.ts';

/** A pressure gauge on a distribution main: it falls when the city draws water. */
export const waterPressure: DeviceKind = {
  type: 'water-pressure',
  domain: 'utility',
  prefix: 'wp',
  title: 'Water pressure gauge',
  intervalMs: 60_000,
  metrics: { pressure: { unit: 'kPa', min: 0, max: 1000, decimals: 1 } },
  sense(eventTime, { own, city }) {
    const pumps = 8 * city.smooth('pumps', eventTime, 7_200_000);
    const resting = own.trait('resting', 430, 480);
    return { pressure: resting - 70 * waterDemand(eventTime) + pumps + 3 * own.normal('pressure', eventTime) };
  },
};
