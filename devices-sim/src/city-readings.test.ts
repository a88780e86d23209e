import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cityDevices } from './city.ts';
import { CityReadings } from './city-readings.ts';
import { DEVICE_KINDS } from './domains/index.ts';
import { loadScenario, scenarioNames } from './scenario.ts';
import { calmScenario } from './scenario-testing.ts';

const scenarios = await Promise.all(scenarioNames().map((name) => loadScenario(name)));
const devices = cityDevices(134);
const HOUR = 3_600_000;
/** A Wednesday, midnight. */
const START = Date.UTC(2026, 8, 23);

describe('CityReadings', () => {
  it('gives the same readings in two runs, in any order, under any scenario', () => {
    const asked = fc.array(fc.tuple(fc.nat(devices.length - 1), fc.nat(40 * HOUR)), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(fc.constantFrom(...scenarios), fc.nat(9), asked, (scenario, seed, pairs) => {
        const one = new CityReadings(scenario, seed, START);
        const two = new CityReadings(scenario, seed, START);
        const read =
          (city: CityReadings) =>
          ([device, at]: [number, number]) =>
            city.read(devices[device]!, START + at);
        expect(pairs.toReversed().map(read(two)).toReversed()).toEqual(pairs.map(read(one)));
      }),
      { numRuns: 60 },
    );
  });

  it('does not depend on the start where nothing happens', () => {
    const early = new CityReadings(calmScenario, 1, START);
    const late = new CityReadings(calmScenario, 1, START + 5 * HOUR);
    for (const device of devices)
      expect(late.read(device, START + 6 * HOUR)).toEqual(early.read(device, START + 6 * HOUR));
  });

  it('gives other readings for another seed', () => {
    const read = (seed: number) => new CityReadings(calmScenario, seed, START).read(devices[0]!, START);
    expect(read(2)).not.toEqual(read(1));
  });

  it('keeps every metric within what its device declares, prints its decimals, and leaves none out', () => {
    const wrong: string[] = [];
    for (const scenario of scenarios) {
      const city = new CityReadings(scenario, 1, START);
      for (const device of devices) {
        for (let time = START; time < START + 30 * HOUR; time += 0.7 * HOUR) {
          const values = city.read(device, time);
          for (const [metric, { min, max, decimals }] of Object.entries(
            values === undefined ? {} : device.kind.metrics,
          )) {
            const value = values![metric]!;
            const isGood = value >= min && value <= max && Number(value.toFixed(decimals)) === value;
            if (!isGood || Object.is(value, -0)) wrong.push(`${device.id} ${metric} ${value}`);
          }
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('declares no metric it does not send, and sends none it does not declare', () => {
    const city = new CityReadings(calmScenario, 1, START);
    for (const kind of DEVICE_KINDS) {
      const device = devices.find((one) => one.kind === kind)!;
      expect(Object.keys(city.read(device, START)!).sort()).toEqual(Object.keys(kind.metrics).sort());
    }
  });

  it('counts the energy of meters and machines so that it agrees with the power beside it', async () => {
    const city = new CityReadings(await loadScenario('power-cut'), 1, START);
    for (const type of ['electricity-meter', 'machine']) {
      for (const device of devices.filter(({ kind }) => kind.type === type)) {
        let integral = 0;
        let first: number | undefined;
        let last = 0;
        for (let time = START; time < START + 23 * HOUR; time += 300_000) {
          const values = city.read(device, time) ?? { power: 0, energy: last };
          first ??= values.energy!;
          expect(values.energy!).toBeGreaterThanOrEqual(last);
          last = values.energy!;
          integral += values.power! / 12;
        }
        expect(Math.abs(last - first! - integral)).toBeLessThan(0.06 * integral + 0.5);
      }
    }
  });
});
