import type { DeviceKind } from '../device-kind.ts';

/** A household's meter, fed by what it measures: in a power cut it is silent. Its counter begins with the month. */
export const electricityMeter: DeviceKind = {
  type: 'electricity-meter',
  domain: 'utility',
  prefix: 'em',
  title: 'Electricity meter',
  intervalMs: 300_000,
  hasBattery: false,
  metrics: {
    power: { unit: 'kW', min: 0, max: 1000, decimals: 3 },
    energy: { unit: 'kW.h', min: 0, max: 1_000_000, decimals: 2 },
  },
  sense(eventTime, { own, here }) {
    const peakKw = own.trait('peak', 0.8, 4.5);
    const habits = 1 + 0.2 * own.smooth('habits', eventTime, 1_200_000) + 0.04 * own.normal('power', eventTime);
    return {
      power: peakKw * here.householdLoad(eventTime) * habits * here.power(eventTime),
      energy: peakKw * here.householdEnergy(eventTime),
    };
  },
};
