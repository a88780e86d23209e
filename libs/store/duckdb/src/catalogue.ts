import {
  labelsAt,
  SeriesTable,
  UNDESCRIBED,
  type Labels,
  type LabelSpan,
  type MetricDefinition,
  type Series,
} from '@seawall/model';
import { LatestReadings } from './latest-readings.ts';
import { OrderedSeries } from './ordered-series.ts';
import { ReadingCounts } from './reading-counts.ts';

/** Where a reading lies: in the order of arrival, or of day, series and time. */
export type ReadingTable = 'raw' | 'sealed';

const UNDESCRIBED_SPANS: readonly LabelSpan[] = [{ from: -Infinity, labels: UNDESCRIBED }];

/**
 * What is known of the stored readings without asking the engine: series and their numbers, labels, definitions, and
 * the latest reading of each series. It changes when a write has been committed, and not before.
 */
export class Catalogue {
  /** Gives numbers ahead of the commit; only those below `storedSeries` are in the database. */
  readonly table = new SeriesTable();
  readonly #spans = new Map<string, readonly LabelSpan[]>();
  readonly #metrics = new Map<string, MetricDefinition>();
  readonly latest = new LatestReadings();
  readonly #ordered = new OrderedSeries();
  storedSeries = 0;
  readonly counts = new ReadingCounts();
  readonly rows: Record<ReadingTable, number> = { raw: 0, sealed: 0 };

  setSpans(device: string, spans: readonly LabelSpan[]): void {
    this.#spans.set(device, spans);
  }

  spansOf(device: string): readonly LabelSpan[] {
    return this.#spans.get(device) ?? UNDESCRIBED_SPANS;
  }

  labelsNow(device: string): Labels {
    return labelsAt(this.spansOf(device), Infinity);
  }

  setMetric(definition: MetricDefinition): void {
    this.#metrics.set(metricKey(definition), definition);
  }

  unitOf(of: { readonly domain: string; readonly metric: string }): string | null {
    return this.#metrics.get(metricKey(of))?.unit ?? null;
  }

  /** Takes out readings that are in the table no longer. */
  remove(table: ReadingTable, id: number, count: number): void {
    this.rows[table] -= count;
    this.counts.add(id, -count);
    if (this.counts.of(id) === 0) this.latest.forget(id);
  }

  /** Readings of each domain that has some. */
  readingsByDomain(): Record<string, number> {
    const sums = new Map<string, number>();
    this.stored().forEach(({ domain }, id) => {
      const readings = this.counts.of(id);
      if (readings > 0) sums.set(domain, (sums.get(domain) ?? 0) + readings);
    });
    return Object.fromEntries(sums);
  }

  /** Stored series in the order of their numbers. */
  stored(): readonly Series[] {
    const all = this.table.all();
    return all.length === this.storedSeries ? all : all.slice(0, this.storedSeries);
  }

  /** Numbers of the stored series after the one with this key, ordered by domain, device, metric. */
  orderedAfter(key: string | undefined): readonly number[] {
    this.#ordered.grow(this.stored());
    return this.#ordered.after(key);
  }
}

function metricKey({ domain, metric }: { readonly domain: string; readonly metric: string }): string {
  return `${domain}\u0000${metric}`;
}
