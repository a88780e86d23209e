import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cityDevices, MAX_DEVICES } from './city.ts';
import { CityReadings, strength } from './city-readings.ts';
import { loadScenario } from './scenario.ts';

const smog = await loadScenario('smog-episode');
const ordinary = await loadScenario('ordinary-day');
const devices = cityDevices();
const HOUR = 3_600_000;
/** A Wednesday, midnight. */
const START = Date.UTC(2026, 8, 23);

describe('CityReadings', () => {
  it('gives the same readings in two runs, in any order', () => {
    const one = new CityReadings(smog, 5, START);
    const two = new CityReadings(smog, 5, START);
    const asked = fc.array(fc.tuple(fc.nat(devices.length - 1), fc.nat(86_400_000)), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(asked, (pairs) => {
        const read =
          (city: CityReadings) =>
          ([device, at]: [number, number]) =>
            city.read(devices[device]!, START + at);
        expect(pairs.toReversed().map(read(two)).toReversed()).toEqual(pairs.map(read(one)));
      }),
    );
  });

  it('does not depend on the start where nothing happens', () => {
    const calm = { ...ordinary, timeline: [] };
    const early = new CityReadings(calm, 1, START);
    const late = new CityReadings(calm, 1, START + 5 * HOUR);
    for (const device of devices)
      expect(late.read(device, START + 6 * HOUR)).toEqual(early.read(device, START + 6 * HOUR));
  });

  it('gives other readings for another seed', () => {
    const read = (seed: number) => new CityReadings(ordinary, seed, START).read(devices[0]!, START);
    expect(read(2)).not.toEqual(read(1));
  });

  it('keeps every metric within what its device declares, and prints its decimals', () => {
    const city = new CityReadings(smog, 1, START);
    for (const device of devices) {
      for (let time = START; time < START + 48 * HOUR; time += HOUR / 2) {
        for (const [metric, value] of Object.entries(city.read(device, time))) {
          const { min, max, decimals } = device.kind.metrics[metric]!;
          expect(value >= min && value <= max).toBe(true);
          expect(Number(value.toFixed(decimals))).toBe(value);
        }
      }
    }
  });

  it('follows the day and the week: rush hours slow the roads, and not on Sunday; taps draw at breakfast', () => {
    const city = new CityReadings({ ...ordinary, timeline: [] }, 1, START);
    const mean = (type: string, metric: string, from: number) => {
      const values = devices
        .filter(({ kind }) => kind.type === type)
        .flatMap((device) => Array.from({ length: 30 }, (_, i) => city.read(device, from + i * 60_000)[metric]!));
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    };
    const sunday = START + 4 * 24 * HOUR;
    expect(mean('loop-detector', 'speed', START + 8 * HOUR)).toBeLessThan(
      mean('loop-detector', 'speed', START + 3 * HOUR) - 8,
    );
    expect(mean('loop-detector', 'flow', sunday + 8 * HOUR)).toBeLessThan(
      mean('loop-detector', 'flow', START + 8 * HOUR) / 2,
    );
    expect(mean('water-flow', 'flow', START + 7 * HOUR)).toBeGreaterThan(
      2 * mean('water-flow', 'flow', START + 3 * HOUR),
    );
    expect(mean('water-pressure', 'pressure', START + 7 * HOUR)).toBeLessThan(
      mean('water-pressure', 'pressure', START + 3 * HOUR) - 30,
    );
    expect(mean('air-quality', 'o3', START + 15 * HOUR)).toBeGreaterThan(
      mean('air-quality', 'o3', START + 3 * HOUR) + 20,
    );
  });

  it('ramps an effect up and down', () => {
    const effect = { ...smog.timeline[0]!, from: 100, to: 200, rampUp: 10, rampDown: 20 };
    const felt = [99, 100, 105, 110, 180, 190, 199, 200].map((elapsed) => strength(effect, elapsed));
    expect(felt).toEqual([0, 0, 0.5, 1, 1, 0.5, 0.05, 0]);
    expect(strength({ ...effect, rampUp: 0, rampDown: 0 }, 100)).toBe(1);
  });
});

describe('cityDevices', () => {
  it('has ids, names and places of its own for each device, in every district', () => {
    const large = cityDevices(MAX_DEVICES);
    expect(new Set(large.map(({ id }) => id)).size).toBe(MAX_DEVICES);
    expect(new Set(large.map(({ description }) => description.name)).size).toBe(MAX_DEVICES);
    for (const type of ['loop-detector', 'water-pressure', 'water-flow', 'air-quality']) {
      const districts = devices.filter(({ kind }) => kind.type === type).map(({ description }) => description.district);
      expect(new Set(districts).size).toBe(4);
    }
  });

  it('grows without changing what was there', () => {
    expect(cityDevices(200).slice(0, 48)).toEqual(cityDevices(48));
  });

  it('refuses a city it can not connect', () => {
    for (const count of [0, 1.5, NaN, MAX_DEVICES + 1]) expect(() => cityDevices(count)).toThrow(/from 1 to 1000/);
  });
});
