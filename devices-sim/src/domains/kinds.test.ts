import { describe, expect, it } from '@jest/globals';
import { cityDevices } from '../city.ts';
import { CityReadings } from '../city-readings.ts';
import { isInside, cityDistricts } from '../city-districts.ts';
import { calmScenario, worldWith } from '../scenario-testing.ts';
import type { Condition } from '../world/conditions.ts';

const HOUR = 3_600_000;
/** A Wednesday, midnight. */
const WEDNESDAY = Date.UTC(2026, 8, 23);
const SUNDAY = WEDNESDAY + 4 * 24 * HOUR;
const devices = cityDevices(134);
const calm = new CityReadings(calmScenario, 1, WEDNESDAY);

/** The mean of a metric over all devices of a type (in a district) for half an hour; NaN when all are silent. */
function mean(city: CityReadings, type: string, metric: string, from: number, district?: string): number {
  const values = devices
    .filter(
      ({ kind, description }) => kind.type === type && description.district === (district ?? description.district),
    )
    .flatMap((device) => Array.from({ length: 30 }, (_, i) => city.read(device, from + i * 60_000)?.[metric] ?? []))
    .flat();
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe('the rhythms of an ordinary day', () => {
  it.each([
    // type, metric, more at, than at, by
    ['loop-detector', 'speed', WEDNESDAY + 3 * HOUR, WEDNESDAY + 8 * HOUR, 8],
    ['loop-detector', 'flow', WEDNESDAY + 8 * HOUR, SUNDAY + 8 * HOUR, 600],
    ['car-park', 'fill', WEDNESDAY + 12 * HOUR, WEDNESDAY + 3 * HOUR, 25],
    ['signal', 'cycle', WEDNESDAY + 8 * HOUR, WEDNESDAY + 3 * HOUR, 20],
    ['bus', 'passengers', WEDNESDAY + 17.5 * HOUR, WEDNESDAY + 3 * HOUR, 15],
    ['bus', 'delay', WEDNESDAY + 8 * HOUR, WEDNESDAY + 3 * HOUR, 50],
    ['water-flow', 'flow', WEDNESDAY + 7 * HOUR, WEDNESDAY + 3 * HOUR, 60],
    ['water-pressure', 'pressure', WEDNESDAY + 3 * HOUR, WEDNESDAY + 7 * HOUR, 30],
    ['electricity-meter', 'power', WEDNESDAY + 19 * HOUR, WEDNESDAY + 3 * HOUR, 0.8],
    ['feeder', 'current', WEDNESDAY + 19 * HOUR, WEDNESDAY + 3 * HOUR, 80],
    ['street-light', 'lit', WEDNESDAY + 1 * HOUR, WEDNESDAY + 12 * HOUR, 0.99],
    ['waste-bin', 'temperature', WEDNESDAY + 14 * HOUR, WEDNESDAY + 3 * HOUR, 3],
    ['air-quality', 'o3', WEDNESDAY + 15 * HOUR, WEDNESDAY + 3 * HOUR, 20],
    ['sound-level', 'sound', WEDNESDAY + 8 * HOUR, WEDNESDAY + 3 * HOUR, 5],
    ['service-hall', 'queue', WEDNESDAY + 9.5 * HOUR, WEDNESDAY + 12 * HOUR, 1],
    ['service-hall', 'wait', WEDNESDAY + 9.5 * HOUR, SUNDAY + 9.5 * HOUR, 5],
    ['hotline', 'calls', WEDNESDAY + 14 * HOUR, WEDNESDAY + 2 * HOUR, 0.8],
    ['machine', 'output', WEDNESDAY + 10 * HOUR, SUNDAY + 10 * HOUR, 50],
  ])('%s: its %s follows the clock and the week', (type, metric, at, than, by) => {
    expect(mean(calm, type, metric, at) - mean(calm, type, metric, than)).toBeGreaterThan(by);
  });

  it('the tide comes and goes twice a day', () => {
    const gauge = devices.find(({ kind }) => kind.type === 'tide-gauge')!;
    const levels = Array.from({ length: 25 * 6 }, (_, i) => calm.read(gauge, WEDNESDAY + i * 600_000)!.sea_level!);
    let crossings = 0;
    for (let i = 1; i < levels.length; i++) if (levels[i - 1]! < 0 !== levels[i]! < 0) crossings++;
    expect(crossings).toBe(4);
    expect(Math.max(...levels)).toBeGreaterThan(1);
  });

  it('a bin fills for two or three days and is then emptied', () => {
    for (const bin of devices.filter(({ kind }) => kind.type === 'waste-bin')) {
      const fills = Array.from({ length: 6 * 24 }, (_, i) => calm.read(bin, WEDNESDAY + i * HOUR)!.fill!);
      const emptied = fills.filter((fill, i) => i > 0 && fill < fills[i - 1]! - 20);
      expect(emptied.length === 2 || emptied.length === 3).toBe(true);
      expect(Math.max(...fills)).toBeLessThan(95);
    }
  });

  it('a bus drives between districts without jumps', () => {
    const everywhere = cityDistricts().map(({ outline }) => outline);
    const bus = devices.find(({ kind }) => kind.type === 'bus')!;
    const places = Array.from({ length: 60 }, (_, i) => calm.read(bus, WEDNESDAY + 10 * HOUR + i * 60_000)!);
    for (const [i, { lat, lon }] of places.entries()) {
      expect(everywhere.some((outline) => isInside([lon!, lat!], outline))).toBe(true);
      if (i > 0) expect(Math.hypot(lat! - places[i - 1]!.lat!, lon! - places[i - 1]!.lon!)).toBeLessThan(0.008);
    }
    expect(Math.max(...places.map(({ lon }) => lon!)) - Math.min(...places.map(({ lon }) => lon!))).toBeGreaterThan(
      0.01,
    );
  });

  it('a car park has as many spaces at noon as at midnight', () => {
    for (const park of devices.filter(({ kind }) => kind.type === 'car-park')) {
      const [noon, midnight] = [12, 24].map((hour) => calm.read(park, WEDNESDAY + hour * HOUR)!);
      expect(noon!.free! + noon!.occupied!).toBe(midnight!.free! + midnight!.occupied!);
    }
  });
});

describe('what depends on what', () => {
  /** Mid-day, with a condition changed in all districts (or one) since six hours before and for two after. */
  const at = WEDNESDAY + 12 * HOUR;
  const under = (condition: Condition, add: number, district?: string) =>
    new CityReadings(worldWith(condition, add, { from: 6 * HOUR, to: 14 * HOUR, district }), 1, WEDNESDAY);
  const difference = (city: CityReadings, type: string, metric: string, when = at, district?: string) =>
    mean(city, type, metric, when, district) - mean(calm, type, metric, when, district);

  it('rain slows traffic, delays buses, washes the air and raises the river for hours after it', () => {
    const rainy = under('rain', 20);
    expect(difference(rainy, 'loop-detector', 'speed')).toBeLessThan(-8);
    expect(difference(rainy, 'bus', 'delay')).toBeGreaterThan(40);
    expect(difference(rainy, 'air-quality', 'pm25')).toBeLessThan(-2);
    expect(difference(rainy, 'air-quality', 'o3')).toBeLessThan(-2);
    expect(difference(rainy, 'river-gauge', 'river_level')).toBeGreaterThan(1);
    expect(difference(rainy, 'river-gauge', 'river_level', WEDNESDAY + 15 * HOUR)).toBeGreaterThan(0.5);
    expect(difference(rainy, 'weather-station', 'rain', WEDNESDAY + 15 * HOUR)).toBe(0);
    expect(difference(rainy, 'hotline', 'flooding_calls')).toBeGreaterThan(10);
  });

  it('a power cut darkens lights and signals, stops machines, takes the voltage and silences meters, there alone', () => {
    const night = WEDNESDAY + 1 * HOUR;
    const cut = worldWith('power', -1, { from: 0, to: 14 * HOUR, district: 'kilnside' });
    const dark = new CityReadings(cut, 1, WEDNESDAY);
    expect(mean(dark, 'street-light', 'lit', night, 'kilnside')).toBe(0);
    expect(mean(dark, 'street-light', 'lit', night, 'saltings')).toBe(1);
    expect(mean(dark, 'signal', 'state', at, 'kilnside')).toBe(0);
    expect(mean(dark, 'machine', 'power', at, 'kilnside')).toBe(0);
    for (const metric of ['voltage', 'current', 'power']) expect(mean(dark, 'feeder', metric, at, 'kilnside')).toBe(0);
    const isSilent = (type: string, district: string) =>
      dark.read(
        devices.find((one) => one.kind.type === type && one.description.district === district)!,
        at,
      ) === undefined;
    for (const type of ['electricity-meter', 'loop-detector', 'car-park', 'air-quality', 'service-hall']) {
      expect([type, isSilent(type, 'kilnside'), isSilent(type, 'saltings')]).toEqual([type, true, false]);
    }
    for (const type of ['feeder', 'street-light', 'signal', 'water-pressure', 'waste-bin', 'bus', 'weather-station']) {
      expect([type, isSilent(type, 'kilnside')]).toEqual([type, false]);
    }
  });

  it('machines stand at fault when the power is back, until they are started', () => {
    const city = new CityReadings(worldWith('power', -1, { from: 0, to: 10 * HOUR }), 1, WEDNESDAY);
    const states = devices
      .filter(({ kind }) => kind.type === 'machine')
      .map((device) => (hour: number) => {
        return city.read(device, WEDNESDAY + hour * HOUR)!.state;
      });
    for (const stateAt of states) expect([9.9, 10.1, 10.4].map(stateAt)).toEqual([0, 3, 3]);
    for (const stateAt of states) expect(stateAt(10.6)).not.toBe(3);
  });

  it('wind drives the surge, is heard, and keeps people at home', () => {
    const windy = under('wind', 25);
    expect(difference(windy, 'tide-gauge', 'surge')).toBeGreaterThan(0.4);
    expect(difference(windy, 'sound-level', 'sound')).toBeGreaterThan(2);
    expect(difference(windy, 'loop-detector', 'flow')).toBeLessThan(-100);
    expect(difference(under('pressure', -40), 'tide-gauge', 'surge')).toBeCloseTo(0.4, 1);
  });

  it('cold and heat draw electricity', () => {
    expect(difference(under('temperature', -20), 'electricity-meter', 'power')).toBeGreaterThan(0.2);
    expect(difference(under('temperature', 20), 'feeder', 'power')).toBeGreaterThan(10);
  });

  it('a crowd fills car parks, is loud, rings up and fills the bins; on its way it fills roads and buses', () => {
    const crowded = under('crowd', 1, 'chapel-fields');
    const [here, there] = ['chapel-fields', 'saltings'];
    expect(mean(crowded, 'car-park', 'fill', at, here)).toBeGreaterThan(95);
    expect(difference(crowded, 'car-park', 'fill', at, there)).toBe(0);
    expect(mean(crowded, 'sound-level', 'sound', at, here)).toBeGreaterThan(85);
    expect(difference(crowded, 'hotline', 'noise_calls', at, here)).toBeGreaterThan(15);
    expect(difference(crowded, 'waste-bin', 'fill', WEDNESDAY + 15 * HOUR, here)).toBeGreaterThan(10);
    const arriving = WEDNESDAY + 6 * HOUR - 600_000;
    expect(difference(crowded, 'loop-detector', 'speed', arriving, here)).toBeLessThan(-30);
    expect(difference(crowded, 'bus', 'passengers', arriving, here)).toBeGreaterThan(20);
    expect(difference(crowded, 'loop-detector', 'speed', at, here)).toBe(0);
  });

  it('a burst main takes the pressure, adds to the flow, and is told to the hotline', () => {
    const burst = under('leak', 1, 'millrace');
    expect(mean(burst, 'water-pressure', 'pressure', at, 'millrace')).toBeLessThan(200);
    expect(difference(burst, 'water-flow', 'flow', at, 'millrace')).toBeGreaterThan(120);
    expect(difference(burst, 'hotline', 'water_calls', at, 'millrace')).toBeGreaterThan(20);
    expect(difference(burst, 'water-pressure', 'pressure', at, 'gull-point')).toBe(0);
  });

  it('a holiday makes a Wednesday a Sunday', () => {
    const holiday = under('holiday', 1);
    expect(mean(holiday, 'service-hall', 'counters', at)).toBe(0);
    expect(difference(holiday, 'car-park', 'fill')).toBeLessThan(-5);
    expect(difference(holiday, 'machine', 'output')).toBeLessThan(-50);
  });

  it('darkness at noon turns the lights on', () => {
    expect(mean(under('daylight', -1), 'street-light', 'lit', at)).toBe(1);
  });
});
