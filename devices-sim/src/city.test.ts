import { describe, expect, it } from '@jest/globals';
import { cityDevices, DEFAULT_DEVICES, MAX_DEVICES } from './city.ts';
import { cityDistricts, isInside } from './city-districts.ts';
import { DEVICE_KINDS } from './domains/index.ts';

/** The smallest city that has every kind wherever it makes sense. */
const COMPLETE = 134;
const districts = cityDistricts();
const large = cityDevices(MAX_DEVICES);

describe('the kinds of device', () => {
  it('share one unit for each domain and metric, as the hub demands', () => {
    const units = new Map<string, string>();
    for (const { domain, metrics } of DEVICE_KINDS) {
      for (const [metric, { unit }] of Object.entries(metrics)) {
        const name = `${domain} ${metric}`;
        expect([name, units.get(name) ?? unit]).toEqual([name, unit]);
        units.set(name, unit);
      }
    }
  });

  it('have names and prefixes of their own, and read every one to fifteen minutes', () => {
    expect(new Set(DEVICE_KINDS.map(({ type }) => type)).size).toBe(DEVICE_KINDS.length);
    expect(new Set(DEVICE_KINDS.map(({ prefix }) => prefix)).size).toBe(DEVICE_KINDS.length);
    expect(new Set(DEVICE_KINDS.map(({ domain }) => domain))).toEqual(
      new Set(['traffic', 'utility', 'environment', 'civic', 'industry']),
    );
    for (const { intervalMs } of DEVICE_KINDS) {
      expect(intervalMs).toBeGreaterThanOrEqual(60_000);
      expect(intervalMs).toBeLessThanOrEqual(900_000);
      expect(86_400_000 % intervalMs).toBe(0);
    }
  });

  it('name every state they can be in', () => {
    for (const { metrics } of DEVICE_KINDS) {
      for (const { states, min, max } of Object.values(metrics)) {
        if (states === undefined) continue;
        expect(Object.keys(states).map(Number)).toEqual(Array.from({ length: max - min + 1 }, (_, i) => min + i));
      }
    }
  });
});

describe('cityDevices', () => {
  it('has every kind in every district it makes sense in, before any kind comes again', () => {
    const pairs = cityDevices(COMPLETE).map(({ kind, description }) => `${kind.type} ${description.district}`);
    const wanted = DEVICE_KINDS.flatMap((kind) =>
      (kind.districts ?? districts.map(({ id }) => id)).map((district) => `${kind.type} ${district}`),
    );
    expect(pairs.toSorted()).toEqual(wanted.toSorted());
  });

  it('grows without changing what was there', () => {
    for (const count of [1, 48, COMPLETE, DEFAULT_DEVICES]) expect(large.slice(0, count)).toEqual(cityDevices(count));
  });

  it('has an id, a name and a place of its own for each device, the place inside its district', () => {
    expect(new Set(large.map(({ id }) => id)).size).toBe(MAX_DEVICES);
    expect(new Set(large.map(({ description }) => description.name)).size).toBe(MAX_DEVICES);
    const outlines = new Map(districts.map(({ id, outline }) => [id, outline]));
    const outside = large.filter(({ description: { district, location } }) => {
      return !isInside([location!.lon, location!.lat], outlines.get(district!)!);
    });
    expect(outside).toEqual([]);
  });

  it('describes a hundred thousand devices with one object of metrics for each kind', () => {
    expect(new Set(large.map(({ description }) => description.metrics)).size).toBe(DEVICE_KINDS.length);
  });

  it('publishes a message for each device every three to four minutes on average', () => {
    const perMinute = cityDevices().reduce((sum, { kind }) => sum + 60_000 / kind.intervalMs, 0);
    expect(DEFAULT_DEVICES / perMinute).toBeGreaterThan(3);
    expect(DEFAULT_DEVICES / perMinute).toBeLessThan(4);
  });

  it('refuses a city it can not make', () => {
    for (const count of [0, 1.5, NaN, MAX_DEVICES + 1]) expect(() => cityDevices(count)).toThrow(/from 1 to 100000/);
  });
});
