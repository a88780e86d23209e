import type { DeviceKind } from '../device-kind.ts';

/** A gauge in the sea: what it stands at, and what of that no tide table foretold. */
export const tideGauge: DeviceKind = {
  type: 'tide-gauge',
  domain: 'environment',
  prefix: 'tide',
  title: 'Tide gauge',
  intervalMs: 300_000,
  hasBattery: true,
  districts: ['gull-point', 'harbourside', 'old-quay', 'saltings'],
  metrics: {
    sea_level: { unit: 'm', min: -6, max: 10, decimals: 2 },
    surge: { unit: 'm', min: -4, max: 8, decimals: 2 },
  },
  sense(eventTime, { own, here }) {
    const surge = here.surge(eventTime) + 0.02 * own.normal('waves', eventTime);
    return { sea_level: here.tide(eventTime) + surge, surge };
  },
};
