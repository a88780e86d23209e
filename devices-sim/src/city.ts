import type { DeviceDescription, MetricDescription } from '@seawall/model';
import { cityDistricts, type District, isInside, type Position } from './city-districts.ts';
import type { DeviceKind, SimulatedDevice } from './device-kind.ts';
import { CITY_SHARES } from './domains/index.ts';
import { UsageError } from './errors.ts';
import { Noise } from './noise.ts';

export const DEFAULT_DEVICES = 500;
export const MAX_DEVICES = 100_000;

const SITES: Readonly<Record<string, readonly string[]>> = {
  harbourside: ['Ropewalk', 'Fish Steps', 'Customs Row'],
  'old-quay': ['Quay Bridge', 'Tallow Lane', 'Bell Court'],
  millrace: ['Weir Road', 'Foundry Yard', 'Sluice Green'],
  'lantern-hill': ['Beacon Top', 'Orchard Rise', 'Gorse End'],
  'gull-point': ['Light Road', 'Shingle Parade', 'Pilot Cottages'],
  saltings: ['Marsh Lane', 'Dyke Street', 'Heron Row'],
  'chapel-fields': ['Stadium Way', 'Chapel Green', 'Northgate'],
  kilnside: ['Kiln Road', 'Clay Wharf', 'Depot Street'],
};

/**
 * The first `count` devices of the city: first every kind in every district it makes sense in, then more in the mix of
 * a real city. The same for every seed, and a larger city holds the smaller one.
 * @throws UsageError unless 1 ≤ count ≤ `MAX_DEVICES`
 */
export function cityDevices(count: number = DEFAULT_DEVICES): SimulatedDevice[] {
  if (!Number.isInteger(count) || count < 1 || count > MAX_DEVICES) {
    throw new UsageError(`devices is ${count}; give a whole number from 1 to ${MAX_DEVICES}.`);
  }
  const numbers = new Map<DeviceKind, number>();
  const devices: SimulatedDevice[] = [];
  for (const kind of kindsInOrder()) {
    if (devices.length === count) break;
    const number = (numbers.get(kind) ?? 0) + 1;
    numbers.set(kind, number);
    devices.push(deviceOf(kind, number));
  }
  return devices;
}

/** Which kind is put up next, without end. */
function* kindsInOrder(): Generator<DeviceKind> {
  for (const { kind } of CITY_SHARES) for (const _ of districtsOf(kind)) yield kind;
  const owed = CITY_SHARES.map(() => 0);
  for (;;) {
    let next = 0;
    for (const [i, { perMille }] of CITY_SHARES.entries()) {
      owed[i]! += perMille;
      if (owed[i]! > owed[next]!) next = i;
    }
    owed[next]! -= 1000;
    yield CITY_SHARES[next]!.kind;
  }
}

const districtsByKind = new Map<DeviceKind, readonly District[]>();

function districtsOf(kind: DeviceKind): readonly District[] {
  let districts = districtsByKind.get(kind);
  if (districts === undefined) {
    districts = cityDistricts().filter(({ id }) => kind.districts?.includes(id) ?? true);
    districtsByKind.set(kind, districts);
  }
  return districts;
}

function deviceOf(kind: DeviceKind, number: number): SimulatedDevice {
  const districts = districtsOf(kind);
  const district = districts[(number - 1) % districts.length]!;
  const sites = SITES[district.id]!;
  const site = sites[Math.floor((number - 1) / districts.length) % sites.length]!;
  const id = `${kind.prefix}-${String(number).padStart(3, '0')}`;
  const description: DeviceDescription = {
    name: `${kind.title} ${number}, ${site}`,
    type: kind.type,
    district: district.id,
    site,
    location: placeIn(district, id),
    interval: `${kind.intervalMs / 1000}s`,
    metrics: metricsOf(kind),
  };
  return { id, kind, description };
}

const metricsByKind = new Map<DeviceKind, Readonly<Record<string, MetricDescription>>>();

/** One object for all devices of a kind, however many there are. */
function metricsOf(kind: DeviceKind): Readonly<Record<string, MetricDescription>> {
  let metrics = metricsByKind.get(kind);
  if (metrics === undefined) {
    metrics = Object.fromEntries(
      Object.entries(kind.metrics).map(([metric, { unit, min, max, states }]) => [
        metric,
        { unit, min, max, ...(states === undefined ? {} : { states }) },
      ]),
    );
    metricsByKind.set(kind, metrics);
  }
  return metrics;
}

/** A place inside the district's outline: the first of its places in the box around it that lies within. */
function placeIn({ box: [west, south, east, north], outline }: District, id: string): { lat: number; lon: number } {
  const noise = new Noise(0, id);
  for (let attempt = 0; ; attempt++) {
    const lon = round5(west + (east - west) * noise.uniform('lon', attempt));
    const lat = round5(south + (north - south) * noise.uniform('lat', attempt));
    const place: Position = [lon, lat];
    if (isInside(place, outline)) return { lat, lon };
  }
}

function round5(degrees: number): number {
  return Math.round(degrees * 1e5) / 1e5;
}
