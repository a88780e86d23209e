import { isConcerned } from './concerned-devices.ts';
import type { SimulatedDevice, Surroundings } from './device-kind.ts';
import { Noise } from './noise.ts';
import type { Scenario, ScenarioEffect } from './scenario-schema.ts';
import { changed, strength } from './world/effect.ts';
import { World } from './world/world.ts';

const POWERS_OF_TEN = [1, 10, 100, 1e3, 1e4, 1e5, 1e6];
const NONE: readonly ScenarioEffect[] = [];

interface Known {
  readonly surroundings: Surroundings;
  readonly effects: readonly ScenarioEffect[];
}

/** What every device of a city measures under a scenario: a pure function of seed, start, device and event time. */
export class CityReadings {
  readonly #scenario: Scenario;
  readonly #seed: number;
  readonly #start: number;
  readonly #world: World;
  readonly #known = new Map<SimulatedDevice, Known>();

  /** @param start event time (epoch ms) that the scenario's offsets count from */
  constructor(scenario: Scenario, seed: number, start: number) {
    this.#scenario = scenario;
    this.#seed = seed;
    this.#start = start;
    this.#world = new World(scenario.timeline, seed, start);
  }

  /**
   * The values of each metric as the device prints them.
   * @param eventTime epoch ms
   * @returns undefined when the device is silent: it has neither power nor a battery
   */
  read(device: SimulatedDevice, eventTime: number): Record<string, number> | undefined {
    const { surroundings, effects } = this.#know(device);
    const { kind } = device;
    if (!kind.hasBattery && surroundings.here.power(eventTime) === 0) return undefined;
    const values = kind.sense(eventTime, surroundings);
    for (const effect of effects) {
      const felt = strength(effect, eventTime - this.#start);
      if (felt > 0) for (const metric in values) values[metric] = changed(effect, metric, felt, values[metric]!);
    }
    for (const metric in kind.metrics) {
      const { min, max, decimals } = kind.metrics[metric]!;
      values[metric] = rounded(Math.min(max, Math.max(min, values[metric]!)), decimals);
    }
    return values;
  }

  #know(device: SimulatedDevice): Known {
    let known = this.#known.get(device);
    if (known === undefined) {
      const district = device.description.district!;
      const { city } = this.#world;
      const own = new Noise(this.#seed, device.id);
      const effects = this.#scenario.timeline.filter(
        // Without a domain an effect changes the world, not what a device measures of it.
        (effect) => effect.domain !== undefined && isConcerned(effect, device),
      );
      known = {
        surroundings: { own, city, here: this.#world.at(district), district },
        effects: effects.length === 0 ? NONE : effects,
      };
      this.#known.set(device, known);
    }
    return known;
  }
}

/** To the nearest number with so many decimals; never -0, which JSON would not keep. */
function rounded(value: number, decimals: number): number {
  const power = POWERS_OF_TEN[decimals]!;
  return Math.round(value * power) / power + 0;
}
