import type { Noise } from '../noise.ts';
import { bell, dayOfYear, hourOf } from '../rhythm.ts';

const HOUR_MS = 3_600_000;

/** The weather a temperate coast has when no scenario makes it: all of the city shares it. Event times are epoch ms. */
export class Weather {
  readonly #city: Noise;

  constructor(city: Noise) {
    this.#city = city;
  }

  /** mm/h: dry most of the time, light showers for an hour or two, never above 3. */
  rain(eventTime: number): number {
    return Math.min(3, 8 * Math.max(0, this.#city.smooth('rain', eventTime, 5 * HOUR_MS) - 0.5));
  }

  /** m/s, 1.5 to 9.5: a breeze from the sea in the afternoon. */
  wind(eventTime: number): number {
    const breeze = 2 * bell(hourOf(eventTime), 15, 3);
    return 4.5 + 3 * this.#city.smooth('wind', eventTime, 10 * HOUR_MS) + breeze;
  }

  /** Cel: the year, the week's weather, the day; rain cools. */
  temperature(eventTime: number): number {
    const year = 12 - 7 * Math.cos((2 * Math.PI * (dayOfYear(eventTime) - 30)) / 365.25);
    const day = 6 * bell(hourOf(eventTime), 15, 4.5) - 2;
    const spell = 3 * this.#city.smooth('season', eventTime, 72 * HOUR_MS);
    return year + spell + day - 0.6 * this.rain(eventTime);
  }

  /** hPa, 1003 to 1023. */
  pressure(eventTime: number): number {
    return 1013 + 10 * this.#city.smooth('pressure', eventTime, 30 * HOUR_MS);
  }
}
