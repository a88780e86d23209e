import type { DeviceKind } from '../device-kind.ts';

const GUST = 1.45;

/** A weather station on a mast. */
export const weatherStation: DeviceKind = {
  type: 'weather-station',
  domain: 'environment',
  prefix: 'met',
  title: 'Weather station',
  intervalMs: 300_000,
  hasBattery: true,
  metrics: {
    temperature: { unit: 'Cel', min: -40, max: 60, decimals: 1 },
    humidity: { unit: '%', min: 0, max: 100, decimals: 0 },
    pressure: { unit: 'hPa', min: 850, max: 1100, decimals: 1 },
    wind: { unit: 'm/s', min: 0, max: 75, decimals: 1 },
    gust: { unit: 'm/s', min: 0, max: 110, decimals: 1 },
    rain: { unit: 'mm/h', min: 0, max: 300, decimals: 1 },
  },
  sense(eventTime, { own, here }) {
    const temperature = here.temperature(eventTime);
    const rain = here.rain(eventTime);
    const wind = here.wind(eventTime) * own.trait('exposure', 0.85, 1.1);
    return {
      temperature: temperature + 0.15 * own.normal('temperature', eventTime),
      humidity: 76 - 1.4 * (temperature - 12) + 7 * rain + 4 * own.smooth('humidity', eventTime, 3_600_000),
      pressure: here.pressure(eventTime) + 0.2 * own.normal('pressure', eventTime),
      wind: wind * (1 + 0.08 * own.normal('wind', eventTime)),
      gust: wind * (GUST + 0.12 * own.normal('gust', eventTime)),
      rain: rain * (1 + 0.1 * own.smooth('shower', eventTime, 900_000)),
    };
  },
};
