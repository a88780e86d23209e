import type { DeviceDescription } from '@seawall/model';
import type { CityReadings } from '../city-readings.ts';
import type { SimulatedDevice } from '../device-kind.ts';
import { Noise } from '../noise.ts';
import type { CityFaults } from './city-faults.ts';
import { clockOf } from './clock-skew.ts';
import { drift } from './drift.ts';
import { isDropped } from './dropout.ts';
import { copies } from './duplicates.ts';
import { garbled } from './garbled.ts';
import type { HeldFault, Measured } from './held-fault.ts';
import { isLinkLost, missedAppointments } from './late-burst.ts';
import { stuck } from './stuck.ts';
import { inOtherUnit, redeclared } from './units.ts';

/** Samples in one message of a burst. */
const BURST_CHUNK = 100;
const NOTHING: readonly TelemetryMessage[] = [];

export interface Sample {
  /** What the device's clock showed, epoch ms. */
  readonly ts: number;
  readonly values: Readonly<Record<string, number>>;
  /** What stands where a number should, by metric. */
  readonly texts?: Readonly<Record<string, string>>;
}

export interface TelemetryMessage {
  readonly samples: readonly Sample[];
  /** Readings in it. */
  readonly readings: number;
  /** What it is: said in time, kept while the link was lost, or the message before once more. */
  readonly as: 'live' | 'burst' | 'copy';
}

/**
 * From an appointment to what the device then hands to its link: what it measures, through the faults of sensor,
 * clock and link. A pure function of seed, start, device and event time, so a run that goes on after a stop agrees
 * with one that did not stop.
 */
export class Delivery {
  readonly #city: CityReadings;
  readonly #faults: CityFaults;
  readonly #seed: number;

  constructor(city: CityReadings, faults: CityFaults, seed: number) {
    this.#city = city;
    this.#faults = faults;
    this.#seed = seed;
  }

  /** The messages of one appointment, in the order they are sent. @param eventTime of the appointment, epoch ms */
  messages(device: SimulatedDevice, eventTime: number): readonly TelemetryMessage[] {
    const held = this.#faults.at(device, eventTime);
    if (isDropped(held) || isLinkLost(held)) return NOTHING;
    const now = this.#sample(device, eventTime, held);
    // Without power a device has nothing to say, and has lost what it kept.
    if (now === undefined) return NOTHING;
    const messages = [...this.#burst(device, eventTime), messageOf([now], 'live')];
    if (held.length === 0) return messages;
    const times = copies(held, new Noise(this.#seed, device.id), eventTime);
    return times === 1 ? messages : messages.flatMap((message) => [message, { ...message, as: 'copy' as const }]);
  }

  /** How the device describes itself at an event time: another unit is declared while such a fault holds. */
  description(device: SimulatedDevice, eventTime: number): DeviceDescription {
    return this.#faults.at(device, eventTime).reduce((description, fault) => {
      return fault.kind === 'units' && fault.declared ? redeclared(fault, device, description) : description;
    }, device.description);
  }

  #burst(device: SimulatedDevice, eventTime: number): TelemetryMessage[] {
    const heldAt = (at: number) => this.#faults.at(device, at);
    const missed = missedAppointments(eventTime, device.kind.intervalMs, heldAt);
    const samples = missed.flatMap((at) => {
      const held = heldAt(at);
      return isDropped(held) ? [] : (this.#sample(device, at, held) ?? []);
    });
    const chunks = Array.from({ length: Math.ceil(samples.length / BURST_CHUNK) }, (_, i) => i * BURST_CHUNK);
    return chunks.map((from) => messageOf(samples.slice(from, from + BURST_CHUNK), 'burst'));
  }

  #sample(device: SimulatedDevice, eventTime: number, held: readonly HeldFault[]): Sample | undefined {
    const read = (at: number) => this.#city.read(device, at);
    let values = read(eventTime);
    if (values === undefined) return undefined;
    for (const fault of held) values = throughSensor(fault, values, { device, eventTime, read });
    const ts = clockOf(held, eventTime);
    if (!held.some(({ kind }) => kind === 'garbled')) return { ts, values };
    const texts = garbled(held, new Noise(this.#seed, device.id), eventTime);
    const numbers = Object.entries(values).filter(([metric]) => texts[metric] === undefined);
    return { ts, values: Object.fromEntries(numbers), texts };
  }
}

function throughSensor(fault: HeldFault, values: Record<string, number>, measured: Measured): Record<string, number> {
  const { device, eventTime } = measured;
  if (fault.kind === 'stuck') return { ...values, ...stuck(fault, measured) };
  if (fault.kind !== 'drift' && fault.kind !== 'units') return values;
  const { metric } = fault;
  const value = values[metric];
  if (value === undefined) return values;
  const spec = device.kind.metrics[metric]!;
  const wrong = fault.kind === 'drift' ? drift(fault, eventTime, value, spec) : inOtherUnit(fault, device, value);
  return { ...values, [metric]: wrong };
}

/** The message as it goes over the wire. */
export function payloadOf({ samples }: TelemetryMessage): string {
  const said = samples.map(({ ts, values, texts }) => ({ ts, values: { ...values, ...texts } }));
  return JSON.stringify(said.length === 1 ? said[0] : said);
}

function messageOf(samples: readonly Sample[], as: TelemetryMessage['as']): TelemetryMessage {
  return { samples, as, readings: samples.reduce((sum, { values }) => sum + Object.keys(values).length, 0) };
}
