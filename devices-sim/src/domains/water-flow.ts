import type { DeviceKind } from '../device-kind.ts';
import { waterDemand } from './water-demand.ts';

/** A flow meter at the inlet of a district's network: what a burst main loses passes it as well. */
export const waterFlow: DeviceKind = {
  type: 'water-flow',
  domain: 'utility',
  prefix: 'wf',
  title: 'Water flow meter',
  intervalMs: 120_000,
  hasBattery: true,
  metrics: { flow: { unit: 'm3/h', min: 0, max: 500, decimals: 2 } },
  sense(eventTime, { own, here }) {
    const peak = own.trait('peak', 110, 190);
    const drift = 1 + 0.06 * own.smooth('drift', eventTime, 3_600_000);
    const drawn = peak * waterDemand(eventTime, here.isRestDay(eventTime)) * drift + 150 * here.leak(eventTime);
    return { flow: drawn * (1 + 0.03 * own.normal('flow', eventTime)) };
  },
};
