import type { DeviceKind } from '../device-kind.ts';
import { trafficDemand } from './road-load.ts';

const HOUR_MS = 3_600_000;
/** The sun's work shows in the afternoon. */
const SUN_TO_OZONE_MS = 2 * HOUR_MS;

/** An air-quality station: traffic makes particles and NO2, the sun makes ozone of them, wind and rain carry them off. */
export const airQuality: DeviceKind = {
  type: 'air-quality',
  domain: 'environment',
  prefix: 'air',
  title: 'Air quality station',
  intervalMs: 120_000,
  hasBattery: false,
  metrics: {
    pm25: { unit: 'ug/m3', min: 0, max: 1000, decimals: 1 },
    pm10: { unit: 'ug/m3', min: 0, max: 2000, decimals: 1 },
    no2: { unit: 'ug/m3', min: 0, max: 1000, decimals: 1 },
    o3: { unit: 'ug/m3', min: 0, max: 600, decimals: 1 },
    temperature: { unit: 'Cel', min: -40, max: 60, decimals: 1 },
  },
  sense(eventTime, { own, city, here }) {
    const traffic = trafficDemand(eventTime, here) + 0.5 * here.onTheMove(eventTime);
    const haze = 6 * city.smooth('haze', eventTime, 8 * HOUR_MS) + 2 * own.smooth('pm25', eventTime, HOUR_MS);
    const carriedOff = Math.min(1.25, Math.max(0.4, 1.3 - 0.065 * here.wind(eventTime)));
    const washed = 1 - 0.3 * Math.min(1, here.rain(eventTime) / 5);
    const pm25 = (14 + haze + 8 * traffic) * carriedOff * washed;
    return {
      pm25: pm25 + 1.2 * own.normal('pm25', eventTime),
      pm10: 1.5 * pm25 + 6 + 2 * own.normal('pm10', eventTime),
      no2: 14 + 22 * traffic * own.trait('roadside', 0.6, 1.2) + 1.5 * own.normal('no2', eventTime),
      o3: 38 + 50 * here.daylight(eventTime - SUN_TO_OZONE_MS) - 8 * traffic + 2 * own.normal('o3', eventTime),
      temperature: here.temperature(eventTime) + 0.2 * own.normal('temperature', eventTime),
    };
  },
};
