import type { DevicePatch, Fault, Refusal } from '@seawall/codecs';
import { descriptionFault, mergeDescription, pointerToken, sampleOf } from '@seawall/codecs';
import type { DeviceDescription, DeviceState, MetricDefinition } from '@seawall/model';
import type { DeviceChange, Registry } from '@seawall/ports';
import { isDeepStrictEqual } from 'node:util';
import { descriptionBytes } from './description-bytes.ts';
import { DeviceEntry, newLane, ownDescription, type Lane, type SeriesSlot } from './device-entry.ts';
import { inWords } from './in-words.ts';
import { internLabels, nextLabelSpans } from './labels.ts';
import type { GatewayLimits } from './limits.ts';
import { MetricCatalog } from './metric-catalog.ts';

type DirectoryLimits = Pick<
  GatewayLimits,
  | 'maxDevices'
  | 'maxDomainsPerDevice'
  | 'maxSeriesPerDevice'
  | 'maxStatesPerMetric'
  | 'maxStates'
  | 'maxStatesOfDevice'
  | 'maxDescriptionBytes'
>;

/** The domain of devices that never named one. */
const UNSORTED = 'unsorted';

export interface Described {
  /** False when the description as a whole was refused. */
  readonly usable: boolean;
  /** The outcome for the log; undefined if nothing changed. */
  readonly change: DeviceChange | undefined;
  readonly faults: readonly Fault[];
}

/** What a metric's first reading in a lane leads to. */
export interface Opened {
  readonly slot: SeriesSlot;
  /** Of the hub, if it is another by what the device declares. */
  readonly definition?: MetricDefinition;
  /** Why the device's states did not become the hub's. */
  readonly statesRefusal?: Refusal;
}

/**
 * The devices in memory, in arrival order ahead of the log: a change is applied at once, and its entry goes to the log
 * in the same order, so what a device sends after describing itself is labelled by that description.
 */
export class DeviceDirectory {
  readonly #devices = new Map<string, DeviceEntry>();
  readonly #catalog: MetricCatalog;
  readonly #limits: DirectoryLimits;

  constructor(limits: DirectoryLimits) {
    this.#limits = limits;
    this.#catalog = new MetricCatalog(limits);
  }

  async load(registry: Pick<Registry, 'allDevices' | 'metrics'>): Promise<void> {
    this.#catalog.load(await registry.metrics());
    for await (const device of registry.allDevices()) {
      const entry = new DeviceEntry(device.id);
      entry.description = device.description;
      entry.labelSpans = device.labelSpans.map(({ from, labels }) => ({ from, labels: internLabels(labels) }));
      entry.status = device.status;
      this.#devices.set(device.id, entry);
      for (const domain of device.domains) entry.lanes.set(domain, { ...newLane(entry, domain), registered: true });
    }
  }

  get size(): number {
    return this.#devices.size;
  }

  /** The lane of a device in a domain; one that nothing usable came by yet is not kept. */
  lane(domain: string, device: string): Lane {
    const entry = this.#devices.get(device) ?? new DeviceEntry(device);
    return entry.lanes.get(domain) ?? newLane(entry, domain);
  }

  /**
   * The lane of a device that names no domain: the first it was known by, other than `unsorted`; else that one. So a
   * device gets a domain by one message under it, of any kind and from any client.
   */
  laneOf(device: string): Lane {
    for (const domain of this.#devices.get(device)?.lanes.keys() ?? [])
      if (domain !== UNSORTED) return this.lane(domain, device);
    return this.lane(UNSORTED, device);
  }

  /** @returns why there is no room for a lane that is not known yet */
  noRoom({ device, domain }: Lane): Refusal | undefined {
    const { maxDevices, maxDomainsPerDevice } = this.#limits;
    const tooMany = (detail: string): Refusal => ({ reason: 'too-many-series', detail });
    if (!this.#devices.has(device.id) && this.#devices.size >= maxDevices)
      return tooMany(`The hub knows ${maxDevices} devices already, its bound.`);
    if (device.lanes.size < maxDomainsPerDevice || device.lanes.has(domain)) return undefined;
    return tooMany(
      `The device is known in ${maxDomainsPerDevice} domains already, its bound; "${domain}" would be one more.`,
    );
  }

  /** Makes a lane known. @returns the change for the log, or why there is no room */
  register(lane: Lane, receivedAt: number): DeviceChange | Refusal {
    const refusal = this.noRoom(lane);
    if (refusal !== undefined) return refusal;
    const { device, domain } = lane;
    this.#devices.set(device.id, device);
    device.lanes.set(domain, lane);
    lane.registered = true;
    return { device: device.id, domain, receivedAt };
  }

  /** The slot for a metric's first reading in a lane, and what its device's description makes of the hub's definition. */
  open(lane: Lane, metric: string): Opened | Refusal {
    const { device, domain } = lane;
    const max = this.#limits.maxSeriesPerDevice;
    if (device.seriesCount >= max) {
      return {
        reason: 'too-many-series',
        detail: `The device has ${max} metrics already; "${metric}" would be one more.`,
      };
    }
    device.seriesCount++;
    const own = ownDescription(device, metric);
    const definition = this.#catalog.declare(lane, metric, own);
    const statesRefusal = this.#catalog.statesRefusal(lane, metric, own);
    const series = Object.freeze({ domain, device: device.id, metric });
    const slot: SeriesSlot = {
      series,
      sameUnit: true,
      factor: 1,
      offset: 0,
      min: -Infinity,
      max: Infinity,
      ownStates: undefined,
      hub: this.#catalog.of(domain, metric),
      refusal: undefined,
    };
    this.#catalog.fit(slot, lane);
    lane.slots.set(metric, slot);
    return { slot, ...(definition && { definition }), ...(statesRefusal && { statesRefusal }) };
  }

  /** The number of a state as the device or the hub declares it now, of a metric that was never read. */
  stateNumber(lane: Lane, metric: string, name: string): number | undefined {
    return this.#catalog.stateNumber(lane, metric, name);
  }

  /**
   * Merges what a device says of itself.
   */
  describe(lane: Lane, patch: DevicePatch, receivedAt: number): Described {
    const { device } = lane;
    const description = mergeDescription(device.description, patch);
    const fault = descriptionFault(description) ?? this.#sizeFault(device.description, description);
    if (fault !== undefined)
      return { usable: false, change: undefined, faults: [{ ...fault, sample: sampleOf(patch) }] };
    if (lane.registered && isDeepStrictEqual(description, device.description))
      return { usable: true, change: undefined, faults: this.#metricFaults(lane, patch) };
    const labelSpans = nextLabelSpans(device.labelSpans, device.labelled, description, receivedAt);
    const metricsChanged = description.metrics !== device.description.metrics;
    device.description = description;
    if (labelSpans !== undefined) device.labelSpans = labelSpans;
    const metrics = lane.declared === description.metrics ? [] : this.#declare(lane, description);
    if (metricsChanged)
      for (const each of device.lanes.values()) for (const slot of each.slots.values()) this.#catalog.fit(slot, each);
    const change: DeviceChange = {
      device: device.id,
      description,
      ...(labelSpans === undefined ? {} : { labelSpans }),
      ...(metrics.length === 0 ? {} : { metrics }),
      receivedAt,
    };
    return { usable: true, change, faults: this.#metricFaults(lane, patch) };
  }

  /** @returns the change for the log, or undefined if the device had that status already */
  setStatus(lane: Lane, status: DeviceState, receivedAt: number): DeviceChange | undefined {
    if (lane.device.status === status) return undefined;
    lane.device.status = status;
    return { device: lane.device.id, status, receivedAt };
  }

  /** One that is too large already may stay so: it came when there was no bound. */
  #sizeFault(before: DeviceDescription, after: DeviceDescription): (Refusal & Pick<Fault, 'pointer'>) | undefined {
    const max = this.#limits.maxDescriptionBytes;
    const bytes = descriptionBytes(after);
    if (bytes <= max || bytes <= descriptionBytes(before)) return undefined;
    const detail =
      `The device's whole description would have ${inWords(bytes)} bytes as JSON, more than the ${inWords(max)} it may; ` +
      'take away metrics and states that are no more (null deletes), or describe fewer.';
    return { reason: 'bad-description', detail, pointer: '' };
  }

  #declare(lane: Lane, description: DeviceDescription): MetricDefinition[] {
    const made: MetricDefinition[] = [];
    lane.declared = description.metrics;
    for (const [metric, own] of Object.entries(description.metrics ?? {})) {
      for (const of of lanesOf(lane, metric)) {
        const definition = this.#catalog.declare(of, metric, own);
        if (definition !== undefined) made.push(definition);
      }
    }
    return made;
  }

  #metricFaults(lane: Lane, patch: DevicePatch): Fault[] {
    const faults: Fault[] = [];
    for (const [metric, own] of Object.entries(patch.metrics ?? {})) {
      const unit = this.#catalog.unitRefusal(lane.domain, metric, own?.unit ?? undefined);
      if (unit !== undefined) faults.push({ ...unit, pointer: '/metrics', sample: sampleOf(own) });
      if (!own?.states) continue;
      for (const of of lanesOf(lane, metric)) {
        const states = this.#catalog.statesRefusal(of, metric, ownDescription(of.device, metric));
        const pointer = `/metrics${pointerToken(metric)}/states`;
        if (states !== undefined) faults.push({ ...states, pointer, sample: sampleOf(own.states) });
      }
    }
    return faults;
  }
}

/** A description names no domain: it holds for the one it came by, and for what the device sends elsewhere already. */
function* lanesOf(lane: Lane, metric: string): Generator<Lane> {
  yield lane;
  for (const other of lane.device.lanes.values())
    if (other.domain !== lane.domain && other.slots.has(metric)) yield other;
}
