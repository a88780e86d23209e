import { conversionBetween, type Refusal } from '@seawall/codecs';
import type { MetricDefinition, MetricDescription } from '@seawall/model';
import { ownDescription, type Lane, type SeriesSlot } from './device-entry.ts';
import { HubMetric } from './hub-metric.ts';
import { inWords } from './in-words.ts';
import type { GatewayLimits } from './limits.ts';

type CatalogLimits = Pick<GatewayLimits, 'maxStatesPerMetric' | 'maxStates' | 'maxStatesOfDevice'>;

/** The hub-wide definitions of metrics: the first declaration of a unit makes it the one unit of that domain and metric. */
export class MetricCatalog {
  readonly #metrics = new Map<string, HubMetric>();
  readonly #limits: CatalogLimits;
  /** Over all metrics. */
  #stateCount = 0;

  constructor(limits: CatalogLimits) {
    this.#limits = limits;
  }

  load(definitions: readonly MetricDefinition[]): void {
    for (const definition of definitions) {
      const metric = this.of(definition.domain, definition.metric);
      metric.define(definition);
      this.#stateCount += metric.stateCount;
    }
  }

  /** The one object for a metric in a domain, made at its first mention. */
  of(domain: string, metric: string): HubMetric {
    const key = keyOf(domain, metric);
    let known = this.#metrics.get(key);
    if (known === undefined) this.#metrics.set(key, (known = new HubMetric()));
    return known;
  }

  /** Takes in what a device declares. @returns the new definition, or undefined if it said nothing new */
  declare({ device, domain }: Lane, metric: string, own: MetricDescription): MetricDefinition | undefined {
    if (own.unit === undefined && own.states === undefined) return undefined;
    const known = this.of(domain, metric);
    const before = known.stateCount;
    const definition = known.declare(domain, metric, own, this.#maxStatesOf(known, device));
    this.#stateCount += known.stateCount - before;
    device.statesBrought += known.stateCount - before;
    return definition;
  }

  /** @returns why readings of a device in this unit could not be taken */
  unitRefusal(domain: string, metric: string, unit: string | undefined): Refusal | undefined {
    const hubUnit = this.#metrics.get(keyOf(domain, metric))?.unit;
    if (unit === undefined || hubUnit === undefined || conversionBetween(unit, hubUnit) !== undefined) return undefined;
    const detail =
      `The device measures "${metric}" in ${unit}, which can't be converted into ${hubUnit}, ` +
      `the unit of this metric in "${domain}"; use a fitting unit or another metric's name.`;
    return { reason: 'incommensurable-unit', detail };
  }

  /** @returns why states that a device declares did not become the hub's */
  statesRefusal({ device, domain }: Lane, metric: string, { states }: MetricDescription): Refusal | undefined {
    if (states === undefined) return undefined;
    const known = this.of(domain, metric);
    const count = known.stateCountWith(states);
    if (count <= this.#maxStatesOf(known, device) || count === known.stateCount) return undefined;
    const { maxStatesPerMetric, maxStates, maxStatesOfDevice } = this.#limits;
    const total = `${inWords(count)}, and the hub more than the ${inWords(maxStates)} that it keeps over all metrics`;
    const bound =
      count > maxStatesPerMetric
        ? `${inWords(count)} over all devices, more than the ${inWords(maxStatesPerMetric)} that the hub keeps of a metric`
        : this.#stateCount + count - known.stateCount > maxStates
          ? total
          : `${inWords(count)}, and the device would have brought more than the ${inWords(maxStatesOfDevice)} that it may while the hub runs`;
    const detail =
      `With these states "${metric}" in "${domain}" would have ${bound}; it takes their names from this device, but ` +
      'shows its readings to people as numbers. Use the metrics, numbers and names that other devices use.';
    return { reason: 'bad-description', detail };
  }

  #maxStatesOf({ stateCount }: HubMetric, { statesBrought }: Lane['device']): number {
    const { maxStatesPerMetric, maxStates, maxStatesOfDevice } = this.#limits;
    const room = Math.min(maxStates - this.#stateCount, maxStatesOfDevice - statesBrought);
    return Math.min(maxStatesPerMetric, stateCount + room);
  }

  /** Fits a slot to what its device and the hub declare of the metric. */
  fit(slot: SeriesSlot, { device, domain }: Lane): void {
    const { metric } = slot.series;
    const own = ownDescription(device, metric);
    slot.refusal = this.unitRefusal(domain, metric, own.unit);
    const hubUnit = slot.hub.unit;
    const conversion =
      own.unit === undefined || hubUnit === undefined ? undefined : conversionBetween(own.unit, hubUnit);
    slot.factor = conversion?.factor ?? 1;
    slot.offset = conversion?.offset ?? 0;
    slot.sameUnit = slot.factor === 1 && slot.offset === 0;
    slot.min = own.min ?? -Infinity;
    slot.max = own.max ?? Infinity;
    slot.ownStates = own.states && byName(own.states);
  }

  /** The number of a state as the device names it, and after that the hub, of a metric that was never read. */
  stateNumber({ device, domain }: Lane, metric: string, name: string): number | undefined {
    const { states } = ownDescription(device, metric);
    for (const number in states) if (states[number] === name) return Number(number);
    return this.#metrics.get(keyOf(domain, metric))?.stateNumber(name);
  }
}

function byName(states: Readonly<Record<string, string>>): ReadonlyMap<string, number> {
  return new Map(Object.entries(states).map(([number, name]) => [name, Number(number)]));
}

function keyOf(domain: string, metric: string): string {
  return `${domain}\u0000${metric}`;
}
