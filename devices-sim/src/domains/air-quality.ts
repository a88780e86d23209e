import type { DeviceKind } from '../device-kind.ts';
import { bell, hourOf, isWeekend } from '../rhythm.ts';

const HOUR_MS = 3_600_000;

/** An air-quality station: traffic makes particles and NO2, the afternoon sun makes ozone out of them. */
export const airQuality: DeviceKind = {
  type: 'air-quality',
  domain: 'environment',
  prefix: 'air',
  title: 'Air quality station',
  intervalMs: 60_000,
  metrics: {
    pm25: { unit: 'ug/m3', min: 0, max: 1000, decimals: 1 },
    pm10: { unit: 'ug/m3', min: 0, max: 2000, decimals: 1 },
    no2: { unit: 'ug/m3', min: 0, max: 1000, decimals: 1 },
    o3: { unit: 'ug/m3', min: 0, max: 600, decimals: 1 },
    temperature: { unit: 'Cel', min: -40, max: 60, decimals: 1 },
  },
  sense(eventTime, { own, city }) {
    const hour = hourOf(eventTime);
    const traffic = (bell(hour, 8.5, 1.5) + bell(hour, 18.5, 2)) * (isWeekend(eventTime) ? 0.45 : 1);
    const weather = city.smooth('weather', eventTime, 8 * HOUR_MS);
    const pm25 = 16 + 6 * weather + 7 * traffic + 2 * own.smooth('pm25', eventTime, HOUR_MS);
    const season = 12 + 3 * city.smooth('season', eventTime, 72 * HOUR_MS);
    return {
      pm25: pm25 + 1.2 * own.normal('pm25', eventTime),
      pm10: 1.5 * pm25 + 6 + 2 * own.normal('pm10', eventTime),
      no2: 14 + 22 * traffic * own.trait('roadside', 0.6, 1.2) + 1.5 * own.normal('no2', eventTime),
      o3: 38 + 40 * bell(hour, 15, 3.5) - 8 * traffic + 2 * own.normal('o3', eventTime),
      temperature: season + 5 * bell(hour, 15, 4.5) + 0.2 * own.normal('temperature', eventTime),
    };
  },
};
