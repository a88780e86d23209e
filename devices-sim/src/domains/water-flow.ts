import type { DeviceKind } from '../device-kind.ts';
import { waterDemand } from './water-demand.ts';

/** A flow meter at the inlet of a district's network. */
export const waterFlow: DeviceKind = {
  type: 'water-flow',
  domain: 'utility',
  prefix: 'wf',
  title: 'Water flow meter',
  intervalMs: 60_000,
  metrics: { flow: { unit: 'm3/h', min: 0, max: 500, decimals: 2 } },
  sense(eventTime, { own }) {
    const peak = own.trait('peak', 110, 190);
    const drift = 1 + 0.06 * own.smooth('drift', eventTime, 3_600_000);
    return { flow: peak * waterDemand(eventTime) * drift * (1 + 0.03 * own.normal('flow', eventTime)) };
  },
};
