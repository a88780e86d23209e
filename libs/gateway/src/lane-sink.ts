import { ownCopy, sampleOfText, type Fault, type ReadingSink, type Refusal } from '@seawall/codecs';
import { labelsAt, ReadingFlag, type MetricDefinition, type ReadingBatchBuilder } from '@seawall/model';
import type { DeviceChange } from '@seawall/ports';
import type { DeviceDirectory } from './device-directory.ts';
import type { Lane, SeriesSlot } from './device-entry.ts';

/**
 * Takes a device's readings from the codec into the open batch: validates them against the device's description,
 * converts their unit, flags and labels them. One sink serves all messages, one after the other; no object a reading.
 */
export class LaneSink implements ReadingSink {
  #lane!: Lane;
  #builder!: ReadingBatchBuilder;
  #arrivalTime = 0;
  /** Readings taken since `begin`. */
  accepted = 0;
  /** Since `begin`, beside readings that were taken. */
  faults: Fault[] = [];
  readonly #directory: DeviceDirectory;
  readonly #onChange: (change: DeviceChange) => void;

  /** @param onChange told of devices that register themselves, before their readings */
  constructor(directory: DeviceDirectory, onChange: (change: DeviceChange) => void) {
    this.#directory = directory;
    this.#onChange = onChange;
  }

  /** @param arrivalTime epoch ms */
  begin(builder: ReadingBatchBuilder, arrivalTime: number): void {
    this.#builder = builder;
    this.#arrivalTime = arrivalTime;
    this.accepted = 0;
    if (this.faults.length > 0) this.faults = [];
  }

  /** Turns to the device the next readings are of. */
  turnTo(lane: Lane): this {
    this.#lane = lane;
    return this;
  }

  reading(metric: string, eventTime: number, value: number): Refusal | undefined {
    const slot = this.#lane.slots.get(metric) ?? this.#open(metric);
    if ('reason' in slot) return slot;
    if (slot.refusal !== undefined) return slot.refusal;
    const stored = slot.sameUnit ? value : value * slot.factor + slot.offset;
    if (!Number.isFinite(stored))
      return { reason: 'not-a-number', detail: `Converted to the hub's unit "${metric}" is beyond a 64-bit float.` };
    const flags = value < slot.min || value > slot.max ? ReadingFlag.outOfRange : ReadingFlag.none;
    const spans = this.#lane.device.labelSpans;
    const labels = spans.length === 1 ? spans[0]!.labels : labelsAt(spans, eventTime);
    this.#builder.add(slot.series, labels, eventTime, stored, flags);
    this.accepted++;
    return undefined;
  }

  stateNumber(metric: string, name: string): number | undefined {
    const slot = this.#lane.slots.get(metric);
    if (slot === undefined) return this.#directory.stateNumber(this.#lane, metric, name);
    return slot.ownStates?.get(name) ?? slot.hub.stateNumber(name);
  }

  #open(metric: string): SeriesSlot | Refusal {
    if (!this.#lane.registered) {
      const change = this.#directory.register(this.#lane, this.#arrivalTime);
      if ('reason' in change) return change;
      this.#onChange(change);
    }
    const opened = this.#directory.open(this.#lane, ownCopy(metric));
    if ('reason' in opened) return opened;
    if (opened.definition !== undefined) this.#tellDefinition(opened.definition);
    if (opened.statesRefusal !== undefined) this.#keepFault(opened.statesRefusal, metric);
    return opened.slot;
  }

  #keepFault(refusal: Refusal, metric: string): void {
    const { device, domain } = this.#lane;
    this.faults.push({ ...refusal, pointer: '', sample: sampleOfText(metric), subject: { domain, device: device.id } });
  }

  #tellDefinition(definition: MetricDefinition): void {
    this.#onChange({ device: this.#lane.device.id, metrics: [definition], receivedAt: this.#arrivalTime });
  }
}
