import type { DeviceKind } from '../device-kind.ts';

/** Where the sea stands in the river's mouth. */
const TIDAL: ReadonlySet<string> = new Set(['harbourside', 'old-quay']);

/** A gauge in the Averel, which runs along these districts. */
export const riverGauge: DeviceKind = {
  type: 'river-gauge',
  domain: 'environment',
  prefix: 'riv',
  title: 'River gauge',
  intervalMs: 300_000,
  hasBattery: true,
  districts: ['chapel-fields', 'kilnside', 'lantern-hill', 'millrace', 'harbourside', 'old-quay'],
  metrics: {
    river_level: { unit: 'm', min: 0, max: 15, decimals: 2 },
    discharge: { unit: 'm3/s', min: 0, max: 3000, decimals: 1 },
  },
  sense(eventTime, { own, here, district }) {
    const backwater = TIDAL.has(district) ? 0.4 * Math.max(0, here.surge(eventTime)) : 0;
    const river = here.river(eventTime);
    return {
      river_level: river + backwater + 0.01 * own.normal('level', eventTime),
      discharge: 18 * river ** 1.6 * (1 + 0.02 * own.normal('discharge', eventTime)),
    };
  },
};
