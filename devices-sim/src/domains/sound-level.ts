import type { DeviceKind } from '../device-kind.ts';
import { trafficDemand } from './road-load.ts';

/** A sound-level meter: traffic, wind in its windscreen, and a crowd that sings. */
export const soundLevel: DeviceKind = {
  type: 'sound-level',
  domain: 'environment',
  prefix: 'snd',
  title: 'Sound level meter',
  intervalMs: 120_000,
  hasBattery: true,
  metrics: { sound: { unit: 'dB', min: 0, max: 140, decimals: 1 } },
  sense(eventTime, { own, here }) {
    const traffic = 44 + 20 * Math.sqrt(trafficDemand(eventTime, here)) + own.trait('roadside', -3, 3);
    const wind = 36 + 1.1 * Math.min(35, here.wind(eventTime));
    const rain = 35 + 12 * Math.min(1.5, here.rain(eventTime) / 10);
    const crowd = 92 * Math.min(1, here.crowd(eventTime)) ** 0.25;
    return { sound: together([traffic, wind, rain, crowd]) + 1.5 * own.normal('sound', eventTime) };
  },
};

/** Sounds add by their energy, not by their decibels. */
function together(decibels: readonly number[]): number {
  return 10 * Math.log10(decibels.reduce((energy, level) => energy + 10 ** (level / 10), 0));
}
