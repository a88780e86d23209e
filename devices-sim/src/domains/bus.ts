import { cityDistricts, type Position } from '../city-districts.ts';
import type { DeviceKind, Surroundings } from '../device-kind.ts';
import { slowedByRain, trafficDemand } from './road-load.ts';

/** There and back. */
const ROUND_TRIP_MS = 3_000_000;

/** The position, delay and load of a bus that runs day and night between its own district and another. */
export const bus: DeviceKind = {
  type: 'bus',
  domain: 'traffic',
  prefix: 'bus',
  title: 'Bus',
  intervalMs: 120_000,
  hasBattery: true,
  metrics: {
    lat: { unit: 'deg', min: -90, max: 90, decimals: 5 },
    lon: { unit: 'deg', min: -180, max: 180, decimals: 5 },
    delay: { unit: 's', min: -600, max: 7200, decimals: 0 },
    passengers: { unit: '{person}', min: 0, max: 120, decimals: 0 },
  },
  sense(eventTime, surroundings) {
    const { own, here } = surroundings;
    const delay = delayOf(eventTime, surroundings);
    const [lon, lat] = positionOf(eventTime - delay * 1000, surroundings);
    const usual = 4 + 34 * trafficDemand(eventTime, here) + 55 * Math.min(1, here.onTheMove(eventTime));
    return { lat, lon, delay, passengers: usual * (1 + 0.25 * own.normal('passengers', eventTime)) };
  },
};

/** Seconds: a rush hour costs minutes, a crowd or a storm a quarter of an hour and more. */
function delayOf(eventTime: number, { own, here }: Surroundings): number {
  const rush = 150 * trafficDemand(eventTime, here) * own.trait('route', 0.6, 1.2);
  const weather = 250 * slowedByRain(here.rain(eventTime)) + 1900 * here.stayingIn(eventTime);
  const luck = 40 * own.smooth('delay', eventTime, 1_800_000);
  return 20 + rush + weather + 1300 * here.onTheMove(eventTime) + luck;
}

function positionOf(eventTime: number, { own, district }: Surroundings): Position {
  const districts = cityDistricts();
  const home = districts.findIndex(({ id }) => id === district);
  const away = (home + 1 + Math.floor(own.trait('away', 0, districts.length - 1))) % districts.length;
  const turn = eventTime / ROUND_TRIP_MS + own.trait('turn', 0, 1);
  const done = 1 - Math.abs(2 * (turn - Math.floor(turn)) - 1);
  const [from, to] = [districts[home]!.centre, districts[away]!.centre];
  return [from[0] + (to[0] - from[0]) * done, from[1] + (to[1] - from[1]) * done];
}
