import { conversionBetween, type Refusal } from '@seawall/codecs';
import type { MetricDefinition, MetricDescription } from '@seawall/model';
import { ownDescription, type Lane, type SeriesSlot } from './device-entry.ts';

/** The hub-wide definitions of metrics: the first declaration of a unit makes it the one unit of that domain and metric. */
export class MetricCatalog {
  readonly #definitions = new Map<string, MetricDefinition>();

  load(definitions: readonly MetricDefinition[]): void {
    for (const definition of definitions)
      this.#definitions.set(keyOf(definition.domain, definition.metric), definition);
  }

  /** Takes in what a device declares. @returns the new definition, or undefined if it said nothing new */
  declare(domain: string, metric: string, { unit, states }: MetricDescription): MetricDefinition | undefined {
    const key = keyOf(domain, metric);
    const known = this.#definitions.get(key);
    const newUnit = known?.unit === undefined && unit !== undefined;
    const newStates = Object.keys(states ?? {}).some((number) => known?.states?.[number] === undefined);
    if (!newUnit && !newStates) return undefined;
    const definition: MetricDefinition = {
      domain,
      metric,
      ...((known?.unit ?? unit) === undefined ? {} : { unit: known?.unit ?? unit }),
      // A number that has a name keeps it.
      ...(known?.states || states ? { states: { ...states, ...known?.states } } : {}),
    };
    this.#definitions.set(key, definition);
    return definition;
  }

  /** @returns why readings of a device in this unit could not be taken */
  unitRefusal(domain: string, metric: string, unit: string | undefined): Refusal | undefined {
    const hubUnit = this.#definitions.get(keyOf(domain, metric))?.unit;
    if (unit === undefined || hubUnit === undefined || conversionBetween(unit, hubUnit) !== undefined) return undefined;
    const detail =
      `The device measures "${metric}" in ${unit}, which can't be converted into ${hubUnit}, ` +
      `the unit of this metric in "${domain}"; use a fitting unit or another metric's name.`;
    return { reason: 'incommensurable-unit', detail };
  }

  /** Fits a slot to what its device and the hub declare of the metric. */
  fit(slot: SeriesSlot, lane: Lane): void {
    const { device, domain } = lane;
    const { metric } = slot.series;
    const own = ownDescription(device, metric);
    const defined = this.#definitions.get(keyOf(domain, metric));
    slot.refusal = this.unitRefusal(domain, metric, own.unit);
    const conversion =
      own.unit === undefined || defined?.unit === undefined ? undefined : conversionBetween(own.unit, defined.unit);
    slot.factor = conversion?.factor ?? 1;
    slot.offset = conversion?.offset ?? 0;
    slot.sameUnit = slot.factor === 1 && slot.offset === 0;
    slot.min = own.min ?? -Infinity;
    slot.max = own.max ?? Infinity;
    slot.states = this.statesOf(lane, metric);
  }

  /** Names of states as the hub knows them and, before that, as the device does. */
  statesOf({ device, domain }: Lane, metric: string): ReadonlyMap<string, number> | undefined {
    return statesByName({
      ...this.#definitions.get(keyOf(domain, metric))?.states,
      ...ownDescription(device, metric).states,
    });
  }
}

function statesByName(states: Readonly<Record<string, string>>): ReadonlyMap<string, number> | undefined {
  const entries = Object.entries(states);
  return entries.length === 0 ? undefined : new Map(entries.map(([number, name]) => [name, Number(number)]));
}

function keyOf(domain: string, metric: string): string {
  return `${domain}\u0000${metric}`;
}
