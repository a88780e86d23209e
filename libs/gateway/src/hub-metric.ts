import type { MetricDefinition, MetricDescription } from '@seawall/model';

/**
 * What the hub knows of a metric in a domain, whichever device said it. One object for all its series, so the names of
 * its states are held once, and what one device says all others have at once.
 */
export class HubMetric {
  #definition: MetricDefinition | undefined;
  #numbers: Map<string, number> | undefined;
  #stateCount = 0;

  get unit(): string | undefined {
    return this.#definition?.unit;
  }

  /** The number of a state by its name. */
  stateNumber(name: string): number | undefined {
    return this.#numbers?.get(name);
  }

  /** Takes a definition as it is, also one that has more states than may come to it. */
  define(definition: MetricDefinition): void {
    this.#definition = definition;
    const states = Object.entries(definition.states ?? {});
    this.#stateCount = states.length;
    for (const [number, name] of states) this.#name(name, Number(number));
  }

  get stateCount(): number {
    return this.#stateCount;
  }

  /** How many states it would have with these. */
  stateCountWith(states: Readonly<Record<string, string>> | undefined): number {
    const known = this.#definition?.states;
    let count = this.#stateCount;
    for (const number in states) if (known?.[number] === undefined) count++;
    return count;
  }

  /**
   * Takes in what a device declares, its states only if they find room.
   * @returns the new definition, or undefined if it said nothing new
   */
  declare(
    domain: string,
    metric: string,
    { unit, states }: MetricDescription,
    maxStates: number,
  ): MetricDefinition | undefined {
    const known = this.#definition;
    const count = this.stateCountWith(states);
    const newStates = count > this.#stateCount && count <= maxStates;
    if (!newStates && (known?.unit !== undefined || unit === undefined)) return undefined;
    const hubUnit = known?.unit ?? unit;
    // A number that has a name keeps it.
    const hubStates = newStates ? { ...states, ...known?.states } : known?.states;
    this.define({
      domain,
      metric,
      ...(hubUnit === undefined ? {} : { unit: hubUnit }),
      ...(hubStates === undefined ? {} : { states: hubStates }),
    });
    return this.#definition;
  }

  /** Of a name that stands under several numbers the greatest counts, in whatever order they came. */
  #name(name: string, number: number): void {
    this.#numbers ??= new Map();
    if (!(this.#numbers.get(name)! > number)) this.#numbers.set(name, number);
  }
}
