import { Noise } from '../noise.ts';
import type { ScenarioEffect } from '../scenario-schema.ts';
import { LocalWorld } from './local-world.ts';
import { Weather } from './weather.ts';

const HOUR_MS = 3_600_000;
/** Where the river comes into the city: what falls here passes the gauges further down. */
const UPSTREAM = 'chapel-fields';

/** What devices sense from: a pure function of timeline, seed, start, district and event time. */
export class World {
  readonly timeline: readonly ScenarioEffect[];
  /** Event time (epoch ms) that the timeline's offsets count from. */
  readonly start: number;
  readonly weather: Weather;
  /** What all of the city shares. */
  readonly city: Noise;
  readonly #places = new Map<string, LocalWorld>();

  constructor(timeline: readonly ScenarioEffect[], seed: number, start: number) {
    this.timeline = timeline;
    this.start = start;
    this.city = new Noise(seed, 'city');
    this.weather = new Weather(this.city);
  }

  at(district: string): LocalWorld {
    let place = this.#places.get(district);
    if (place === undefined) this.#places.set(district, (place = new LocalWorld(this, district)));
    return place;
  }

  readonly upstream = (): LocalWorld => this.at(UPSTREAM);

  /** m above the gauges' zero without the rain of the day, 0.65 to 0.95. @param eventTime epoch ms */
  dryRiver(eventTime: number): number {
    return 0.8 + 0.15 * this.city.smooth('river', eventTime, 48 * HOUR_MS);
  }
}
