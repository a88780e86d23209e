import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cityDistricts } from '../city-districts.ts';
import { calmScenario, worldWith } from '../scenario-testing.ts';
import { type Condition, CONDITIONS } from './conditions.ts';
import { sunHeight } from './daylight.ts';
import { strength } from './effect.ts';
import { EnergyLedger } from './energy-ledger.ts';
import type { LocalWorld } from './local-world.ts';
import { liftedSea, predictedTide } from './tide.ts';
import { World } from './world.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 8, 23);
const YEARS = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2030, 0, 1) });

const read: Readonly<Record<Condition, (here: LocalWorld, eventTime: number) => number>> = {
  rain: (here, eventTime) => here.rain(eventTime),
  wind: (here, eventTime) => here.wind(eventTime),
  temperature: (here, eventTime) => here.temperature(eventTime),
  pressure: (here, eventTime) => here.pressure(eventTime),
  surge: (here, eventTime) => here.surge(eventTime),
  river: (here, eventTime) => here.river(eventTime),
  daylight: (here, eventTime) => here.daylight(eventTime),
  power: (here, eventTime) => here.power(eventTime),
  crowd: (here, eventTime) => here.crowd(eventTime),
  leak: (here, eventTime) => here.leak(eventTime),
  holiday: (here, eventTime) => Number(here.isRestDay(eventTime)),
};
const conditions = Object.keys(CONDITIONS) as Condition[];

describe('the world', () => {
  it('is the same whatever was asked before, and within its bounds, whatever a scenario does to it', () => {
    const change = fc.tuple(fc.constantFrom(...conditions), fc.double({ min: -100, max: 100, noNaN: true }));
    fc.assert(
      fc.property(change, fc.array(YEARS, { minLength: 1, maxLength: 10 }), ([condition, add], times) => {
        const { timeline } = worldWith(condition, add, { from: 0, to: 10 * 365 * 24 * HOUR });
        const asked = (world: World) => (eventTime: number) =>
          conditions.map((name) => read[name](world.at('millrace'), eventTime));
        const one = new World(timeline, 3, times[0]!);
        const two = new World(timeline, 3, times[0]!);
        const values = times.map(asked(one));
        expect(times.toReversed().map(asked(two)).toReversed()).toEqual(values);
        for (const [i, name] of conditions.entries()) {
          const { min, max } = CONDITIONS[name];
          for (const row of values) expect(row[i]! >= min && row[i]! <= max).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('changes every condition where the timeline says so, and nowhere else', () => {
    const noon = START + 12 * HOUR;
    for (const condition of conditions) {
      const add = condition === 'power' || condition === 'daylight' ? -1 : 1;
      const world = new World(
        worldWith(condition, add, { from: 0, to: 24 * HOUR, district: 'saltings' }).timeline,
        1,
        START,
      );
      const calm = new World(calmScenario.timeline, 1, START);
      for (const { id } of cityDistricts()) {
        const isChanged = read[condition](world.at(id), noon) !== read[condition](calm.at(id), noon);
        expect([condition, id, isChanged]).toEqual([condition, id, id === 'saltings']);
      }
      expect(read[condition](world.at('saltings'), noon + 24 * HOUR)).toBe(
        read[condition](calm.at('saltings'), noon + 24 * HOUR),
      );
    }
  });

  it('is calm by itself: no storm, no flood, no power cut, no crowd in a year', () => {
    const here = new World([], 11, START).at('old-quay');
    for (let eventTime = START; eventTime < START + 365 * 24 * HOUR; eventTime += 1.7 * HOUR) {
      expect(here.rain(eventTime)).toBeLessThanOrEqual(3);
      expect(here.wind(eventTime)).toBeLessThan(10);
      expect(Math.abs(here.surge(eventTime))).toBeLessThan(0.15);
      expect(here.river(eventTime)).toBeLessThan(1.25);
      expect([here.power(eventTime), here.crowd(eventTime), here.leak(eventTime), here.onTheMove(eventTime)]).toEqual([
        1, 0, 0, 0,
      ]);
    }
  });

  it('is wet some of the time and dry most of it', () => {
    const here = new World([], 2, START).at('old-quay');
    const rains = Array.from({ length: 2000 }, (_, i) => here.rain(START + i * HOUR));
    const wet = rains.filter((rain) => rain > 0).length / rains.length;
    expect(wet > 0.05 && wet < 0.35).toBe(true);
  });
});

describe('sun and sea', () => {
  it('days are long in June, short in December, and brightest at noon', () => {
    const hoursOfDay = (day: number) =>
      Array.from({ length: 24 * 4 }, (_, i) => sunHeight(day + i * 900_000)).filter((height) => height > 0).length / 4;
    expect(hoursOfDay(Date.UTC(2026, 5, 21))).toBeCloseTo(16.2, 0);
    expect(hoursOfDay(Date.UTC(2026, 11, 21))).toBeCloseTo(8, 0);
    expect(sunHeight(START + 12 * HOUR)).toBeGreaterThan(sunHeight(START + 9 * HOUR));
  });

  it('the tide has springs and neaps', () => {
    const rangeOf = (from: number) => {
      const levels = Array.from({ length: 25 * 6 }, (_, i) => predictedTide(from + i * 600_000));
      return Math.max(...levels) - Math.min(...levels);
    };
    const ranges = Array.from({ length: 30 }, (_, day) => rangeOf(START + day * 24 * HOUR));
    expect(Math.max(...ranges)).toBeGreaterThan(1.5 * Math.min(...ranges));
  });

  it('a centimetre for each hectopascal', () => expect(liftedSea(963, 0)).toBeCloseTo(0.5, 9));
});

describe('strength', () => {
  const effect = { ...worldWith('rain', 1, { from: 100, to: 200 }).timeline[0]!, rampUp: 10, rampDown: 20 };

  it('ramps an effect up and down', () => {
    const felt = [99, 100, 105, 110, 180, 190, 199, 200].map((elapsed) => strength(effect, elapsed));
    expect(felt).toEqual([0, 0, 0.5, 1, 1, 0.5, 0.05, 0]);
    expect(strength({ ...effect, rampUp: 0, rampDown: 0 }, 100)).toBe(1);
  });
});

describe('the energy ledger', () => {
  it('integrates a load, asked in any order and over the turn of a month', () => {
    const ledger = new EnergyLedger(() => 2);
    const month = Date.UTC(2026, 8, 1);
    for (const hours of [100.1, 3, 0, 500.75])
      expect(ledger.sinceMonthBegan(month + hours * HOUR)).toBeCloseTo(2 * hours, 9);
    expect(ledger.sinceMonthBegan(Date.UTC(2026, 9, 1, 1))).toBeCloseTo(2, 9);
    expect(ledger.sinceMonthBegan(month + HOUR)).toBeCloseTo(2, 9);
  });
});
