import { isWeekend } from '../rhythm.ts';
import type { ScenarioEffect } from '../scenario-schema.ts';
import { type Condition, CONDITIONS } from './conditions.ts';
import { daylightUnder } from './daylight.ts';
import { changed, strength } from './effect.ts';
import { EnergyLedger } from './energy-ledger.ts';
import { householdLoad } from './household-load.ts';
import { riverRise } from './river.ts';
import { liftedSea, predictedTide } from './tide.ts';
import type { World } from './world.ts';

const QUARTER_MS = 15 * 60_000;
const NONE: readonly ScenarioEffect[] = [];

/** The world as it is in one district: pure functions of event time (epoch ms), after the scenario's changes. */
export class LocalWorld {
  readonly #world: World;
  readonly #effects = new Map<string, ScenarioEffect[]>();
  readonly #energy = new EnergyLedger((eventTime) => this.power(eventTime) * this.householdLoad(eventTime));

  constructor(world: World, district: string) {
    this.#world = world;
    for (const effect of world.timeline) {
      if (effect.domain !== undefined || effect.where?.district?.includes(district) === false) continue;
      for (const condition of Object.keys(effect.change)) {
        this.#effects.set(condition, [...(this.#effects.get(condition) ?? NONE), effect]);
      }
    }
  }

  /** mm/h */
  rain(eventTime: number): number {
    return this.#changed('rain', eventTime, this.#world.weather.rain(eventTime));
  }

  /** m/s */
  wind(eventTime: number): number {
    return this.#changed('wind', eventTime, this.#world.weather.wind(eventTime));
  }

  /** Cel */
  temperature(eventTime: number): number {
    return this.#changed('temperature', eventTime, this.#world.weather.temperature(eventTime));
  }

  /** hPa */
  pressure(eventTime: number): number {
    return this.#changed('pressure', eventTime, this.#world.weather.pressure(eventTime));
  }

  /** m above mean sea level, as the tables say. */
  tide(eventTime: number): number {
    return predictedTide(eventTime);
  }

  /** m above the predicted tide: light air and strong wind lift the sea. */
  surge(eventTime: number): number {
    return this.#changed('surge', eventTime, liftedSea(this.pressure(eventTime), this.wind(eventTime)));
  }

  /** m above the gauges' zero; follows the rain upstream by an hour or two. */
  river(eventTime: number): number {
    return this.#changed('river', eventTime, this.#world.dryRiver(eventTime) + this.#riverRise(eventTime));
  }

  /** 0 to 1 */
  daylight(eventTime: number): number {
    return this.#changed('daylight', eventTime, daylightUnder(eventTime, this.rain(eventTime)));
  }

  /** 1 or 0: there is no half a power cut. */
  power(eventTime: number): number {
    return Math.round(this.#changed('power', eventTime, 1));
  }

  /** Whether the power came back within the last `withinMs`. */
  powerIsBackSince(eventTime: number, withinMs: number): boolean {
    return this.#effects.has('power') && this.power(eventTime) === 1 && this.power(eventTime - withinMs) === 0;
  }

  /** People who came for an event; 1 is a full stadium. */
  crowd(eventTime: number): number {
    return this.#changed('crowd', eventTime, 0);
  }

  /** How many of the crowd are on the roads to or from it, 0 to 1.2. */
  onTheMove(eventTime: number): number {
    if (!this.#effects.has('crowd')) return 0;
    const change = this.crowd(eventTime + QUARTER_MS) - this.crowd(eventTime - QUARTER_MS);
    return Math.min(1.2, 3 * Math.abs(change));
  }

  /** Hours that a full stadium's people have been here between two event times. */
  crowdHours(from: number, to: number): number {
    if (!this.#effects.has('crowd')) return 0;
    let hours = 0;
    for (let eventTime = from; eventTime < to; eventTime += QUARTER_MS) hours += this.crowd(eventTime) / 4;
    return hours;
  }

  /** 0 to 1: what a broken main loses here. */
  leak(eventTime: number): number {
    return this.#changed('leak', eventTime, 0);
  }

  /** Weekends and holidays. */
  isRestDay(eventTime: number): boolean {
    return isWeekend(eventTime) || this.#changed('holiday', eventTime, 0) > 0.5;
  }

  /** How much of its everyday life the city leaves out because of wind and rain, 0 to 0.6. */
  stayingIn(eventTime: number): number {
    return 0.6 * Math.min(1, Math.max(0, (this.wind(eventTime) - 12) / 8));
  }

  /** What the households draw, 1 at an ordinary evening's peak; power cuts aside. */
  householdLoad(eventTime: number): number {
    return householdLoad(eventTime, this.isRestDay(eventTime), this.temperature(eventTime));
  }

  /** Hours at a load of 1 that the households have drawn since the month began, power cuts included. */
  householdEnergy(eventTime: number): number {
    return this.#energy.sinceMonthBegan(eventTime);
  }

  #riverRise(eventTime: number): number {
    const { upstream } = this.#world;
    return riverRise((earlier) => upstream().rain(earlier), eventTime);
  }

  #changed(condition: Condition, eventTime: number, natural: number): number {
    const { min, max } = CONDITIONS[condition];
    let value = natural;
    // What is not changed itself may follow from what is: a gale drives the surge.
    for (const effect of this.#effects.get(condition) ?? NONE) {
      const felt = strength(effect, eventTime - this.#world.start);
      if (felt > 0) value = changed(effect, condition, felt, value);
    }
    return Math.min(max, Math.max(min, value));
  }
}
