import { microsOf, type Labels, type LabelSpan, type Series } from '@seawall/model';
import { DEVICE_TAG, fieldName, flagsField, measurementName, tagName, tagValue } from './influx-names.ts';
import { fieldHead, lineHead } from './line-protocol.ts';

/** A device in one of its domains: what its lines begin with. */
export class DeviceLines {
  readonly domain: string;
  readonly device: string;
  /** By span; the begin of each in microseconds. */
  readonly #begins: readonly number[];
  readonly #heads: readonly string[];

  constructor({ domain, device }: Omit<Series, 'metric'>, spans: readonly LabelSpan[]) {
    this.domain = domain;
    this.device = device;
    this.#begins = spans.map(({ from }) => microsOf(from));
    this.#heads = spans.map(({ labels }) => lineHead(measurementName(domain), tagsOf(device, labels)));
  }

  /** The begin of a line at this moment (microseconds): under the labels that hold then. */
  headAt(micros: number): string {
    let span = this.#begins.length - 1;
    while (span > 0 && this.#begins[span]! > micros) span--;
    return this.#heads[span]!;
  }
}

/** The tags of a device with these labels. */
export function tagsOf(device: string, labels: Labels): Record<string, string> {
  const tags: Record<string, string> = { [DEVICE_TAG]: tagValue(device) };
  for (const [name, value] of Object.entries(labels)) tags[tagName(name)] = tagValue(value);
  return tags;
}

/** How a series is written: into the lines of its device, as the field of its metric. */
export interface SeriesField {
  readonly of: DeviceLines;
  /** `pm25=` */
  readonly value: string;
  /** `pm25:flags=` */
  readonly flags: string;
}

/** Remembers how each series is written, by its number. */
export class LineHeads {
  readonly #fields: (SeriesField | undefined)[] = [];
  /** By device, then domain. */
  readonly #devices = new Map<string, Map<string, DeviceLines>>();
  /** By metric. */
  readonly #names = new Map<string, Pick<SeriesField, 'value' | 'flags'>>();

  /** The device has other labels now. @param ids of its series */
  forget(device: string, ids: readonly number[]): void {
    this.#devices.delete(device);
    for (const id of ids) this.#fields[id] = undefined;
  }

  fieldOf(id: number, series: Series, spansOf: (device: string) => readonly LabelSpan[]): SeriesField {
    return (this.#fields[id] ??= { of: this.#linesOf(series, spansOf), ...this.#nameOf(series.metric) });
  }

  #linesOf({ domain, device }: Series, spansOf: (device: string) => readonly LabelSpan[]): DeviceLines {
    const domains = this.#devices.get(device) ?? new Map<string, DeviceLines>();
    this.#devices.set(device, domains);
    const known = domains.get(domain);
    if (known !== undefined) return known;
    const lines = new DeviceLines({ domain, device }, spansOf(device));
    domains.set(domain, lines);
    return lines;
  }

  #nameOf(metric: string): Pick<SeriesField, 'value' | 'flags'> {
    const known = this.#names.get(metric);
    if (known !== undefined) return known;
    const name = { value: fieldHead(fieldName(metric)), flags: fieldHead(flagsField(metric)) };
    this.#names.set(metric, name);
    return name;
  }
}
