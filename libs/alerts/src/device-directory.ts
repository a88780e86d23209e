import { parseDuration } from '@seawall/calendar';
import { labelsAt, UNKNOWN, type DeviceDescription, type Labels, type LabelSpan } from '@seawall/model';
import type { DeviceChange } from '@seawall/ports';

type Location = { readonly lat: number; readonly lon: number };

/** What is not said is left out: devices are many. States from before a field was there don't have it either. */
interface KnownDevice {
  readonly location: Location | null;
  readonly spans: readonly LabelSpan[];
  /** Where it has published. */
  readonly domains?: readonly string[];
  /** How often it means to publish. */
  readonly intervalMs?: number;
  readonly outOfService?: boolean;
  /** Names of the metrics it describes. */
  readonly metrics?: readonly string[];
}

/** Plain data, and the same object until the directory changes, so that it can be encoded once. */
export interface DirectoryState {
  readonly devices: readonly (readonly [string, KnownDevice])[];
  readonly units: readonly (readonly [string, string])[];
}

const UNHEARD_OF: KnownDevice = { location: null, spans: [] };

/** What alerts say of devices and metrics, and what silence is judged by, from the journal's device entries. */
export class DeviceDirectory {
  readonly #devices: Map<string, KnownDevice>;
  readonly #units: Map<string, string>;
  #saved: DirectoryState | null = null;
  #moves = 0;

  constructor(saved: DirectoryState = { devices: [], units: [] }) {
    this.#devices = new Map(saved.devices);
    this.#units = new Map(saved.units);
  }

  apply({ device, domain, description, labelSpans, metrics }: DeviceChange): void {
    const before = this.#devices.get(device) ?? UNHEARD_OF;
    const isNewDomain = domain !== undefined && before.domains?.includes(domain) !== true;
    if (description === undefined && labelSpans === undefined && metrics === undefined && !isNewDomain) return;
    this.#saved = null;
    if (labelSpans !== undefined) this.#moves++;
    if (description !== undefined || labelSpans !== undefined || isNewDomain) {
      this.#devices.set(device, {
        ...before,
        ...(description === undefined ? {} : described(description)),
        ...(labelSpans === undefined ? {} : { spans: labelSpans }),
        ...(isNewDomain ? { domains: [...(before.domains ?? []), domain] } : {}),
      });
    }
    for (const { domain: of, metric, unit } of metrics ?? []) {
      if (unit === undefined) this.#units.delete(metricKey(of, metric));
      else this.#units.set(metricKey(of, metric), unit);
    }
  }

  /** How often a device's labels have changed since it was made. */
  get moves(): number {
    return this.#moves;
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

  /** How often it means to publish; undefined if it never said. */
  intervalMsOf(device: string): number | undefined {
    return this.#devices.get(device)?.intervalMs;
  }

  isOutOfService(device: string): boolean {
    return this.#devices.get(device)?.outOfService === true;
  }

  /** Whether it is known to publish in a domain and, if one is asked for, describes the metric. */
  describes(device: string, domain: string, metric: string | undefined): boolean {
    const known = this.#devices.get(device);
    if (known?.domains?.includes(domain) !== true) return false;
    return metric === undefined || known.metrics?.includes(metric) === true;
  }

  names(): Iterable<string> {
    return this.#devices.keys();
  }

  save(): DirectoryState {
    this.#saved ??= { devices: [...this.#devices], units: [...this.#units] };
    return this.#saved;
  }
}

function described({ location, interval, outOfService, metrics }: DeviceDescription): Partial<KnownDevice> {
  return {
    location: location ?? null,
    intervalMs: interval === undefined ? undefined : intervalMs(interval),
    outOfService,
    metrics: metrics === undefined ? undefined : Object.keys(metrics),
  };
}

/** The longest that an interval can mean: of a month 31 days. */
function intervalMs(text: string): number | undefined {
  const duration = parseDuration(text);
  return duration === undefined ? undefined : duration.count * LONGEST_MS[duration.unit];
}

const LONGEST_MS = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 90_000_000,
  w: 608_400_000,
  M: 2_682_000_000,
  y: 31_626_000_000,
} as const;

function metricKey(domain: string, metric: string): string {
  return `${domain}\u0000${metric}`;
}
