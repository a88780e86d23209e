import type { DeviceKind, SimulatedDevice } from './device-kind.ts';
import { airQuality, loopDetector, waterFlow, waterPressure } from './domains/index.ts';
import { UsageError } from './errors.ts';
import { Noise } from './noise.ts';

export const CITY = 'Port Averel';
export const DEFAULT_DEVICES = 48;
/** Each device has a connection of its own, so this is also the number of sockets. */
export const MAX_DEVICES = 1000;

interface District {
  readonly id: string;
  readonly lat: number;
  readonly lon: number;
  readonly sites: readonly string[];
}

/** An invented coast, put where the charts show only water. */
const DISTRICTS: readonly District[] = [
  { id: 'harbourside', lat: 50.094, lon: -2.412, sites: ['Ropewalk', 'Fish Steps', 'Customs Row'] },
  { id: 'old-quay', lat: 50.103, lon: -2.398, sites: ['Quay Bridge', 'Tallow Lane', 'Bell Court'] },
  { id: 'millrace', lat: 50.117, lon: -2.405, sites: ['Weir Road', 'Foundry Yard', 'Sluice Green'] },
  { id: 'lantern-hill', lat: 50.126, lon: -2.427, sites: ['Beacon Top', 'Orchard Rise', 'Gorse End'] },
];

/** What each further round over the districts puts up: half of them loops, as in a real city's budget. */
const ROUNDS: readonly DeviceKind[] = [
  loopDetector,
  airQuality,
  waterPressure,
  loopDetector,
  waterFlow,
  loopDetector,
  loopDetector,
  airQuality,
  waterPressure,
  loopDetector,
  waterFlow,
  loopDetector,
];

/**
 * The first `count` devices of the city. The same for every seed, and a larger city holds the smaller one.
 * @throws UsageError unless 1 ≤ count ≤ `MAX_DEVICES`
 */
export function cityDevices(count: number = DEFAULT_DEVICES): SimulatedDevice[] {
  if (!Number.isInteger(count) || count < 1 || count > MAX_DEVICES) {
    throw new UsageError(`devices is ${count}; give a whole number from 1 to ${MAX_DEVICES}.`);
  }
  const numbers = new Map<DeviceKind, number>();
  return Array.from({ length: count }, (_, i) => {
    const district = DISTRICTS[i % DISTRICTS.length]!;
    const round = Math.floor(i / DISTRICTS.length);
    const kind = ROUNDS[round % ROUNDS.length]!;
    const number = (numbers.get(kind) ?? 0) + 1;
    numbers.set(kind, number);
    return describe(kind, number, district, district.sites[round % district.sites.length]!);
  });
}

function describe(kind: DeviceKind, number: number, district: District, site: string): SimulatedDevice {
  const id = `${kind.prefix}-${String(number).padStart(3, '0')}`;
  const place = new Noise(0, id);
  const metrics = Object.entries(kind.metrics).map(([metric, { unit, min, max }]) => [metric, { unit, min, max }]);
  return {
    id,
    kind,
    description: {
      name: `${kind.title} ${number}, ${site}`,
      type: kind.type,
      district: district.id,
      site,
      location: {
        lat: round5(district.lat + place.trait('lat', -0.006, 0.006)),
        lon: round5(district.lon + place.trait('lon', -0.009, 0.009)),
      },
      interval: `${kind.intervalMs / 1000}s`,
      metrics: Object.fromEntries(metrics) as Record<string, { unit: string; min: number; max: number }>,
    },
  };
}

function round5(degrees: number): number {
  return Math.round(degrees * 1e5) / 1e5;
}
