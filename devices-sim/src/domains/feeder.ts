import type { DeviceKind } from '../device-kind.ts';

const NOMINAL_V = 400;
const POWER_FACTOR = 0.95;

/** A feeder of the low-voltage grid, at its substation. Its sensor has a battery: in a power cut it reports 0 V. */
export const feeder: DeviceKind = {
  type: 'feeder',
  domain: 'utility',
  prefix: 'fd',
  title: 'Feeder',
  intervalMs: 120_000,
  hasBattery: true,
  metrics: {
    voltage: { unit: 'V', min: 0, max: 600, decimals: 1 },
    current: { unit: 'A', min: 0, max: 2000, decimals: 1 },
    power: { unit: 'kW', min: 0, max: 1000, decimals: 3 },
  },
  sense(eventTime, { own, here }) {
    const load = here.householdLoad(eventTime) * (1 + 0.05 * own.smooth('load', eventTime, 1_800_000));
    const voltage = (NOMINAL_V + 6 - 9 * load + 1.2 * own.normal('voltage', eventTime)) * here.power(eventTime);
    const power = own.trait('peak', 90, 210) * load * here.power(eventTime);
    return { voltage, power, current: voltage === 0 ? 0 : (power * 1000) / (Math.sqrt(3) * voltage * POWER_FACTOR) };
  },
};
