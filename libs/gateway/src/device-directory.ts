import type { DevicePatch, Fault, Refusal } from '@seawall/codecs';
import { descriptionFault, mergeDescription, sampleOf } from '@seawall/codecs';
import type { DeviceDescription, DeviceState, MetricDefinition } from '@seawall/model';
import type { DeviceChange, Registry } from '@seawall/ports';
import { isDeepStrictEqual } from 'node:util';
import { DeviceEntry, newLane, ownDescription, type Lane, type SeriesSlot } from './device-entry.ts';
import { internLabels, nextLabelSpans } from './labels.ts';
import type { GatewayLimits } from './limits.ts';
import { MetricCatalog } from './metric-catalog.ts';

type DirectoryLimits = Pick<GatewayLimits, 'maxDevices' | 'maxDomainsPerDevice' | 'maxSeriesPerDevice'>;

/** The domain of devices that never named one. */
const UNSORTED = 'unsorted';

export interface Described {
  /** False when the description as a whole was refused. */
  readonly usable: boolean;
  /** The outcome for the log; undefined if nothing changed. */
  readonly change: DeviceChange | undefined;
  readonly faults: readonly Fault[];
}

/**
 * The devices in memory, in arrival order ahead of the log: a change is applied at once, and its entry goes to the log
 * in the same order, so what a device sends after describing itself is labelled by that description.
 */
export class DeviceDirectory {
  readonly #devices = new Map<string, DeviceEntry>();
  readonly #catalog = new MetricCatalog();
  readonly #limits: DirectoryLimits;

  constructor(limits: DirectoryLimits) {
    this.#limits = limits;
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

  /** The slot for a metric's first reading in a lane, and the definition that its device's description makes by it. */
  open(lane: Lane, metric: string): { readonly slot: SeriesSlot; readonly definition?: MetricDefinition } | Refusal {
    const { device, domain } = lane;
    const max = this.#limits.maxSeriesPerDevice;
    if (device.seriesCount >= max) {
      return {
        reason: 'too-many-series',
        detail: `The device has ${max} metrics already; "${metric}" would be one more.`,
      };
    }
    device.seriesCount++;
    const definition = this.#catalog.declare(domain, metric, ownDescription(device, metric));
    const series = Object.freeze({ domain, device: device.id, metric });
    const slot: SeriesSlot = {
      series,
      sameUnit: true,
      factor: 1,
      offset: 0,
      min: -Infinity,
      max: Infinity,
      states: undefined,
      refusal: undefined,
    };
    this.#catalog.fit(slot, lane);
    lane.slots.set(metric, slot);
    return definition === undefined ? { slot } : { slot, definition };
  }

  /** The number of a state as the device or the hub declares it now, whether or not the metric was ever read. */
  stateNumber(lane: Lane, metric: string, name: string): number | undefined {
    return this.#catalog.statesOf(lane, metric)?.get(name);
  }

  /**
   * Merges what a device says of itself.
   */
  describe(lane: Lane, patch: DevicePatch, receivedAt: number): Described {
    const { device } = lane;
    const description = mergeDescription(device.description, patch);
    const fault = descriptionFault(description);
    if (fault !== undefined)
      return { usable: false, change: undefined, faults: [{ ...fault, sample: sampleOf(patch) }] };
    if (lane.registered && isDeepStrictEqual(description, device.description))
      return { usable: true, change: undefined, faults: this.#unitFaults(lane, patch) };
    const labelSpans = nextLabelSpans(device.labelSpans, device.labelled, description, receivedAt);
    device.description = description;
    if (labelSpans !== undefined) device.labelSpans = labelSpans;
    const metrics = this.#declare(lane, description);
    for (const each of device.lanes.values()) for (const slot of each.slots.values()) this.#catalog.fit(slot, each);
    const change: DeviceChange = {
      device: device.id,
      description,
      ...(labelSpans === undefined ? {} : { labelSpans }),
      ...(metrics.length === 0 ? {} : { metrics }),
      receivedAt,
    };
    return { usable: true, change, faults: this.#unitFaults(lane, patch) };
  }

  /** @returns the change for the log, or undefined if the device had that status already */
  setStatus(lane: Lane, status: DeviceState, receivedAt: number): DeviceChange | undefined {
    if (lane.device.status === status) return undefined;
    lane.device.status = status;
    return { device: lane.device.id, status, receivedAt };
  }

  /** A description names no domain: it holds for the one it came by, and for what the device sends elsewhere already. */
  #declare(lane: Lane, description: DeviceDescription): MetricDefinition[] {
    const made: MetricDefinition[] = [];
    for (const [metric, own] of Object.entries(description.metrics ?? {})) {
      for (const { domain, slots } of new Set([lane, ...lane.device.lanes.values()])) {
        if (domain !== lane.domain && !slots.has(metric)) continue;
        const definition = this.#catalog.declare(domain, metric, own);
        if (definition !== undefined) made.push(definition);
      }
    }
    return made;
  }

  #unitFaults({ domain }: Lane, patch: DevicePatch): Fault[] {
    const faults: Fault[] = [];
    for (const [metric, own] of Object.entries(patch.metrics ?? {})) {
      const refusal = this.#catalog.unitRefusal(domain, metric, own?.unit ?? undefined);
      if (refusal !== undefined) faults.push({ ...refusal, pointer: '/metrics', sample: sampleOf(own) });
    }
    return faults;
  }
}
