import type { SimulatedDevice, Surroundings } from './device-kind.ts';
import { Noise } from './noise.ts';
import type { Scenario, ScenarioEffect } from './scenario.ts';

/** How strongly an effect is felt, 0 to 1. @param elapsedMs since the scenario's start */
export function strength({ from, to, rampUp, rampDown }: ScenarioEffect, elapsedMs: number): number {
  if (elapsedMs < from || elapsedMs >= to) return 0;
  const rising = rampUp === 0 ? 1 : (elapsedMs - from) / rampUp;
  const falling = rampDown === 0 ? 1 : (to - elapsedMs) / rampDown;
  return Math.min(1, rising, falling);
}

/** @returns whether the device is one of those that `where` names: keys are AND, values OR; `device` is a key */
function concerns({ domain, where = {} }: ScenarioEffect, { id, kind, description }: SimulatedDevice): boolean {
  if (domain !== kind.domain) return false;
  const labels: Record<string, string | undefined> = {
    device: id,
    type: kind.type,
    district: description.district,
    site: description.site,
  };
  return Object.entries(where).every(([label, values]) => values.includes(labels[label] ?? ''));
}

/** What every device of a city measures under a scenario: a pure function of seed, start, device and event time. */
export class CityReadings {
  readonly #scenario: Scenario;
  readonly #seed: number;
  readonly #start: number;
  readonly #city: Noise;
  readonly #known = new Map<SimulatedDevice, { surroundings: Surroundings; effects: ScenarioEffect[] }>();

  /** @param start event time (epoch ms) that the scenario's offsets count from */
  constructor(scenario: Scenario, seed: number, start: number) {
    this.#scenario = scenario;
    this.#seed = seed;
    this.#start = start;
    this.#city = new Noise(seed, 'city');
  }

  /**
   * The values of each metric as the device prints them.
   * @param eventTime epoch ms
   * @returns undefined when the device is silent: it has neither power nor a battery
   */
  read(device: SimulatedDevice, eventTime: number): Record<string, number> | undefined {
    const { surroundings, effects } = this.#know(device);
    const values = device.kind.sense(eventTime, surroundings);
    for (const effect of effects) apply(effect, strength(effect, eventTime - this.#start), values);
    for (const [metric, { min, max, decimals }] of Object.entries(device.kind.metrics)) {
      values[metric] = Number(Math.min(max, Math.max(min, values[metric]!)).toFixed(decimals));
    }
    return values;
  }

  #know(device: SimulatedDevice): { surroundings: Surroundings; effects: ScenarioEffect[] } {
    let known = this.#known.get(device);
    if (known === undefined) {
      const surroundings = { own: new Noise(this.#seed, device.id), city: this.#city };
      known = { surroundings, effects: this.#scenario.timeline.filter((effect) => concerns(effect, device)) };
      this.#known.set(device, known);
    }
    return known;
  }
}

function apply({ change }: ScenarioEffect, felt: number, values: Record<string, number>): void {
  if (felt === 0) return;
  for (const [metric, { add = 0, multiply = 1 }] of Object.entries(change)) {
    const value = values[metric];
    if (value !== undefined) values[metric] = value * (1 + (multiply - 1) * felt) + add * felt;
  }
}
