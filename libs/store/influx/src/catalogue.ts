import {
  KnownDescriptions,
  LatestReadings,
  OrderedSeries,
  SeriesOfDevices,
  SeriesTable,
  UNDESCRIBED,
  type LabelSpan,
  type Series,
} from '@seawall/model';
import { isEncoded } from './influx-names.ts';

/**
 * What is known of the stored readings without asking InfluxDB: series, their latest readings, labels, definitions. It
 * changes when a write has been taken, and is read anew after one that failed.
 */
export class Catalogue extends KnownDescriptions {
  /** Gives numbers ahead of a write; those below `storedSeries` have been written. */
  readonly table = new SeriesTable();
  readonly latest = new LatestReadings();
  readonly #ordered = new OrderedSeries();
  readonly #ofDevices = new SeriesOfDevices();
  /** Labels some value of which is stored as something else, and `device`. */
  readonly #encoded = new Set<string>();
  storedSeries = 0;
  /** Series that have had flags. */
  readonly flagged = new Set<number>();

  override setSpans(device: string, spans: readonly LabelSpan[]): void {
    super.setSpans(device, spans);
    for (const { labels } of spans)
      for (const [name, value] of Object.entries(labels)) if (isEncoded(value)) this.#encoded.add(name);
  }

  /** All series that have numbers are stored. */
  commit(): void {
    this.latest.commit();
    this.storedSeries = this.table.size;
    const stored = this.table.all();
    for (let id = this.#ofDevices.known; id < stored.length; id++)
      if (isEncoded(stored[id]!.device)) this.#encoded.add('device');
    this.#ofDevices.grow(stored);
  }

  /** Stored series of a device, whatever its domains. */
  seriesOf(device: string): readonly number[] {
    return this.#ofDevices.of(device);
  }

  /** Stored series in the order of their numbers; some may have no readings any more. */
  stored(): readonly Series[] {
    const all = this.table.all();
    return all.length === this.storedSeries ? all : all.slice(0, this.storedSeries);
  }

  /** Whether it has readings. */
  has(id: number): boolean {
    return this.latest.micros(id) !== -Infinity;
  }

  /** Numbers of the stored series after the one with this key, ordered by domain, device, metric. */
  orderedAfter(key: string | undefined): readonly number[] {
    this.#ordered.grow(this.stored());
    return this.#ordered.after(key);
  }

  /** Whether every value of a label (or `device`) is stored as what it is. */
  isPlain(label: string): boolean {
    return !this.#encoded.has(label);
  }

  /** Every value that a label has or had, of any device; of `device`, every device that has series. */
  valuesOf(label: string): ReadonlySet<string> {
    if (label === 'device') return new Set(this.#ofDevices.devices());
    const values = new Set<string>();
    for (const spans of this.histories())
      for (const { labels } of spans) if (Object.hasOwn(labels, label)) values.add(labels[label]!);
    for (const [name, value] of Object.entries(UNDESCRIBED)) if (name === label) values.add(value);
    return values;
  }
}
