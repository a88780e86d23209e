import { labelsAt, UNKNOWN, type Labels, type LabelSpan } from '@seawall/model';
import type { DeviceChange } from '@seawall/ports';

type Location = { readonly lat: number; readonly lon: number };

interface KnownDevice {
  readonly location: Location | null;
  readonly spans: readonly LabelSpan[];
}

/** Plain data, and the same object until the directory changes, so that it can be encoded once. */
export interface DirectoryState {
  readonly devices: readonly (readonly [string, KnownDevice])[];
  readonly units: readonly (readonly [string, string])[];
}

const UNHEARD_OF: KnownDevice = { location: null, spans: [] };

/** What alerts say of devices and metrics, from the journal's device entries. */
export class DeviceDirectory {
  readonly #devices: Map<string, KnownDevice>;
  readonly #units: Map<string, string>;
  #saved: DirectoryState | null = null;

  constructor(saved: DirectoryState = { devices: [], units: [] }) {
    this.#devices = new Map(saved.devices);
    this.#units = new Map(saved.units);
  }

  apply(change: DeviceChange): void {
    const { device, description, labelSpans, metrics } = change;
    if (description === undefined && labelSpans === undefined && metrics === undefined) return;
    this.#saved = null;
    if (description !== undefined || labelSpans !== undefined) {
      const known = this.#devices.get(device) ?? UNHEARD_OF;
      const location = description === undefined ? known.location : (description.location ?? null);
      this.#devices.set(device, { location, spans: labelSpans ?? known.spans });
    }
    for (const { domain, metric, unit } of metrics ?? []) {
      if (unit === undefined) this.#units.delete(metricKey(domain, metric));
      else this.#units.set(metricKey(domain, metric), unit);
    }
  }

  unitOf(domain: string, metric: string): string | null {
    return this.#units.get(metricKey(domain, metric)) ?? null;
  }

  locationOf(device: string): Location | null {
    return this.#devices.get(device)?.location ?? null;
  }

  /** @param eventTime epoch ms */
  districtOf(device: string, eventTime: number): string {
    const spans = this.#devices.get(device)?.spans ?? [];
    return spans.length === 0 ? UNKNOWN : (labelsAt(spans, eventTime)['district'] ?? UNKNOWN);
  }

  /** The labels of its last description; null if it was never described. */
  labelsNow(device: string): Labels | null {
    return this.#devices.get(device)?.spans.at(-1)?.labels ?? null;
  }

  save(): DirectoryState {
    this.#saved ??= { devices: [...this.#devices], units: [...this.#units] };
    return this.#saved;
  }
}

function metricKey(domain: string, metric: string): string {
  return `${domain}\u0000${metric}`;
}
