import type { DeviceKind } from '../device-kind.ts';

const STANDBY_KW = 0.002;

/** The lamps of a street, lit by the dusk. Their controller has a battery: it can say that they are dark. */
export const streetLight: DeviceKind = {
  type: 'street-light',
  domain: 'utility',
  prefix: 'lamp',
  title: 'Street light',
  intervalMs: 600_000,
  hasBattery: true,
  metrics: {
    lit: { unit: '1', min: 0, max: 1, decimals: 0, states: { 0: 'off', 1: 'on' } },
    power: { unit: 'kW', min: 0, max: 1000, decimals: 3 },
  },
  sense(eventTime, { own, here }) {
    const power = here.power(eventTime);
    const lit = here.daylight(eventTime) < own.trait('dusk', 0.08, 0.13) ? power : 0;
    const rated = own.trait('rated', 0.06, 0.15) * (1 + 0.02 * own.normal('power', eventTime));
    return { lit, power: lit === 1 ? rated : STANDBY_KW * power };
  },
};
