import { dayOfYear, hourOf } from '../rhythm.ts';

const RADIANS = Math.PI / 180;
/** Port Averel's. */
const LATITUDE = 50.11;
const SOLAR_NOON_HOUR = 12.16;

/** Sine of the sun's height over the horizon. @param eventTime epoch ms */
export function sunHeight(eventTime: number): number {
  const declination = -23.44 * RADIANS * Math.cos((2 * Math.PI * (dayOfYear(eventTime) + 10)) / 365.25);
  const hourAngle = 15 * RADIANS * (hourOf(eventTime) - SOLAR_NOON_HOUR);
  const latitude = LATITUDE * RADIANS;
  return Math.sin(latitude) * Math.sin(declination) + Math.cos(latitude) * Math.cos(declination) * Math.cos(hourAngle);
}

/** 0 in the night, 1 at a clear summer's noon; twilight begins before sunrise, and clouds that rain take a part. */
export function daylightUnder(eventTime: number, rainMmPerHour: number): number {
  const clear = Math.min(1, Math.max(0, (sunHeight(eventTime) + 0.08) / 0.9));
  return clear * (1 - 0.5 * Math.min(1, rainMmPerHour / 10));
}
