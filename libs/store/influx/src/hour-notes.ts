import { HOUR_MICROS } from '@seawall/query';

/** stale: the row does not say what the readings do; absurd: not as exactly, since some are absurdly large. */
export type NoteKind = 'stale' | 'absurd';

export interface DeviceHour {
  readonly domain: string;
  readonly device: string;
  /** Its begin, in microseconds. */
  readonly hour: number;
}

export interface HourNote extends DeviceHour {
  readonly kind: NoteKind;
}

interface Noted {
  readonly kind: NoteKind;
  /** Greater each time that the hour is noted. */
  readonly generation: number;
}

/** Hours of devices whose rows can't be used as long as there are readings. A note that is made while its hour is made anew stays. */
export class HourNotes {
  /** By domain, device and hour. */
  readonly #domains = new Map<string, Map<string, Map<number, Noted>>>();
  #generation = 0;

  constructor(notes: Iterable<HourNote> = []) {
    for (const note of notes) this.set(note);
  }

  /** Makes a note, or makes it anew. */
  set({ domain, device, hour, kind }: HourNote): void {
    const devices = this.#domains.get(domain) ?? new Map<string, Map<number, Noted>>();
    this.#domains.set(domain, devices);
    const hours = devices.get(device) ?? new Map<number, Noted>();
    devices.set(device, hours);
    hours.set(hour, { kind, generation: ++this.#generation });
  }

  remove({ domain, device, hour }: DeviceHour): void {
    const devices = this.#domains.get(domain);
    devices?.get(device)?.delete(hour);
    if (devices?.get(device)?.size === 0) devices.delete(device);
    if (devices?.size === 0) this.#domains.delete(domain);
  }

  of(domain: string, device: string): ReadonlyMap<number, { readonly kind: NoteKind }> | undefined {
    return this.#domains.get(domain)?.get(device);
  }

  isStale({ domain, device, hour }: DeviceHour): boolean {
    return this.of(domain, device)?.get(hour)?.kind === 'stale';
  }

  /** What is compared with later, to know whether a note has been made anew. */
  generation({ domain, device, hour }: DeviceHour): number | undefined {
    return this.#domains.get(domain)?.get(device)?.get(hour)?.generation;
  }

  /** The first stale hour, before a moment; of one domain, or any. */
  firstStale(before: number, only?: string): { readonly domain: string; readonly hour: number } | undefined {
    let first: { readonly domain: string; readonly hour: number } | undefined;
    for (const [domain, devices] of this.#domains) {
      if (only !== undefined && only !== domain) continue;
      for (const hours of devices.values())
        for (const [hour, { kind }] of hours)
          if (kind === 'stale' && hour < before && hour < (first?.hour ?? Infinity)) first = { domain, hour };
    }
    return first;
  }

  /** Stale hours of a domain. */
  staleWithin(domain: string, from: number, to: number): DeviceHour[] {
    const stale: DeviceHour[] = [];
    for (const [device, hours] of this.#domains.get(domain) ?? [])
      for (const [hour, { kind }] of hours)
        if (kind === 'stale' && hour >= from && hour < to) stale.push({ domain, device, hour });
    return stale;
  }

  /** Absurd hours of a domain that are over before a moment (microseconds). */
  absurdBefore(domain: string, before: number): DeviceHour[] {
    const absurd: DeviceHour[] = [];
    for (const [device, hours] of this.#domains.get(domain) ?? [])
      for (const [hour, { kind }] of hours)
        if (kind === 'absurd' && hour + HOUR_MICROS <= before) absurd.push({ domain, device, hour });
    return absurd;
  }
}
