import type { Alert, MetricDefinition, ReadingBatch, Series } from '@seawall/model';
import { seriesKey } from '@seawall/model';
import type { JournalEntry, SeriesSummary } from '@seawall/ports';
import { OverviewAlerts } from './overview-alerts.ts';
import type { DistrictCells } from './overview-metric.ts';
import { OverviewMetric } from './overview-metric.ts';
import { OverviewRejections } from './overview-rejections.ts';

/** What the overview holds at most; what is beyond is left out, and `complete` is false. */
export interface OverviewBounds {
  /** Latest readings: each metric of a domain has a place for every device of the domain. 18 bytes each. */
  readonly places: number;
  /** Devices, counted in each of their domains. About 100 bytes each. */
  readonly devices: number;
  /** Metrics over all domains. */
  readonly metrics: number;
  /** Of metrics, whether a reading of them has come or not: a device may describe what it never sends. */
  readonly definitions: number;
  readonly districts: number;
}

/** Below 100 MB in all, and 2 MB for the largest event. */
export const OVERVIEW_BOUNDS: OverviewBounds = {
  places: 2_000_000,
  devices: 300_000,
  metrics: 200,
  definitions: 2_000,
  districts: 250,
};

/** Deltas reach back so many versions; a client that is further behind is told everything again. */
const REACH = 60;

interface OverviewDomain {
  readonly rows: Map<string, number>;
  readonly metrics: Map<string, OverviewMetric>;
}

/** What is told of a city each second. Times are epoch ms; `at` is a stamp, `latest` an event time. */
export interface OverviewData {
  readonly at: number;
  /** Forget what was told before: this is all there is. */
  readonly reset: boolean;
  readonly complete: boolean;
  readonly domains: readonly {
    readonly domain: string;
    readonly devices: number;
    readonly readingsPerSecond: number;
    readonly rejectionsPerSecond: number;
    readonly latest: number | null;
  }[];
  /** Those that changed. */
  readonly metrics: readonly {
    readonly domain: string;
    readonly metric: string;
    readonly unit: string | null;
    readonly states: Readonly<Record<string, string>> | null;
    readonly latest: number;
    readonly districts: DistrictCells;
  }[];
  readonly rejections: ReturnType<OverviewRejections['since']>;
  readonly alerts: {
    readonly active: ReturnType<OverviewAlerts['since']>['active'];
    /** With the district where it is now: by its labels, else by its device. */
    readonly changed: readonly (Alert & { readonly district: string | null })[];
  };
}

/** A city at a glance, folded from the journal's entries: no I/O, no clock but the stamps, bounded memory. */
export class OverviewState {
  readonly #bounds: OverviewBounds;
  readonly #startedAt: number;
  readonly #firstVersion: number;
  readonly #domains = new Map<string, OverviewDomain>();
  readonly #districts = new Map<string, number>();
  readonly #definitions = new Map<string, MetricDefinition>();
  readonly rejections: OverviewRejections;
  readonly alerts = new OverviewAlerts();
  #complete = true;
  #stamp: number;
  #places = 0;
  #devices = 0;
  #metrics = 0;
  version: number;

  /** @param stamp of the journal's last entry @param version above every one that clients were told of a former state */
  constructor(stamp: number, version = 1, bounds = OVERVIEW_BOUNDS) {
    this.#bounds = bounds;
    this.#startedAt = stamp;
    this.#stamp = stamp;
    this.#firstVersion = version;
    this.version = version;
    this.rejections = new OverviewRejections(stamp);
  }

  /** What the store knew at the start. */
  load({ domain, device, metric, labels, latest }: SeriesSummary): void {
    if (latest === null) return;
    const place = this.#place({ domain, device, metric });
    const district = this.#district(labels['district']);
    if (place !== undefined && district !== undefined)
      place.metric.note(place.row, district, latest.time, latest.value);
  }

  /** Somebody who would know more could not be asked. */
  lack(): void {
    this.#complete = false;
  }

  define(metrics: readonly MetricDefinition[]): void {
    for (const definition of metrics) {
      const key = keyOf(definition);
      if (this.#definitions.has(key) || this.#definitions.size < this.#bounds.definitions)
        this.#definitions.set(key, definition);
      else this.#left();
    }
  }

  /** Entries come in the log's order; one applied twice does no harm but to the rates. */
  apply(entry: JournalEntry): void {
    this.#stamp = Math.max(this.#stamp, entry.stamp);
    if (entry.kind === 'readings') this.#readings(entry.payload, entry.stamp);
    else if (entry.kind === 'rejections') this.rejections.apply(entry);
    else if (entry.kind === 'transition') this.alerts.apply(entry);
    else if (entry.kind === 'device' && entry.payload.metrics) this.define(entry.payload.metrics);
  }

  /** Ends a version: puts together what changed since the last. */
  settle(): void {
    this.version++;
    const names = [...this.#districts.keys()];
    for (const metric of this.#all()) metric.settle(names, this.version);
    this.rejections.settle(this.version);
    this.alerts.settle(this.version, REACH);
  }

  /** What changed after a version; everything for a client that is new (0) or too far behind. */
  since(version: number): OverviewData {
    const reset = version < Math.max(this.#firstVersion, this.version - REACH);
    const from = reset ? 0 : version;
    const { active, changed } = this.alerts.since(from);
    return {
      at: this.#stamp,
      reset,
      complete: this.#complete && this.alerts.complete,
      domains: [...this.#domains].map(([domain, held]) => this.#figures(domain, held)),
      metrics: this.#changedSince(from).map((metric) => this.#view(metric)),
      rejections: this.rejections.since(from, this.#stamp),
      alerts: { active, changed: changed.map((alert) => ({ ...alert, district: this.#districtOf(alert) })) },
    };
  }

  /** One that found no room for any device has nothing to tell. */
  #changedSince(version: number): OverviewMetric[] {
    return [...this.#all()].filter((metric) => metric.version > version && metric.cells.district.length > 0);
  }

  #figures(domain: string, { rows, metrics }: OverviewDomain): OverviewData['domains'][number] {
    const held = [...metrics.values()];
    const latest = Math.max(...held.map((metric) => metric.newest));
    return {
      domain,
      devices: rows.size,
      readingsPerSecond: held.reduce((sum, metric) => sum + metric.rate.perSecond(this.#stamp), 0),
      rejectionsPerSecond: this.rejections.perSecond(domain, this.#stamp),
      latest: Number.isFinite(latest) ? latest : null,
    };
  }

  #view({ domain, metric, newest, cells }: OverviewMetric): OverviewData['metrics'][number] {
    const definition = this.#definitions.get(keyOf({ domain, metric }));
    const unit = definition?.unit ?? null;
    return { domain, metric, unit, states: definition?.states ?? null, latest: newest, districts: cells };
  }

  #readings({ series, labels, seriesIndex, eventTime, value }: ReadingBatch, stamp: number): void {
    const places = series.map((one) => this.#place(one));
    const districts = labels.map((one) => this.#district(one['district']));
    const counts = new Float64Array(series.length);
    for (let i = 0; i < seriesIndex.length; i++) {
      const at = seriesIndex[i]!;
      counts[at]! += 1;
      const place = places[at];
      const district = districts[at];
      if (place !== undefined && district !== undefined)
        place.metric.note(place.row, district, eventTime[i]!, value[i]!);
    }
    places.forEach((place, at) => place?.metric.rate.add(stamp, counts[at]!));
  }

  /** Undefined where a bound is reached. */
  #place({ domain, device, metric }: Series): { readonly metric: OverviewMetric; readonly row: number } | undefined {
    const held = this.#domain(domain);
    const found = held.metrics.get(metric) ?? this.#newMetric(held, domain, metric);
    const row = held.rows.get(device) ?? this.#newRow(held, device);
    if (found === undefined || row === undefined) return this.#left();
    if (row >= found.capacity && this.#places >= this.#bounds.places) return this.#left();
    this.#places += found.reserve(row);
    return { metric: found, row };
  }

  #domain(domain: string): OverviewDomain {
    const known = this.#domains.get(domain);
    if (known !== undefined) return known;
    const made = { rows: new Map<string, number>(), metrics: new Map<string, OverviewMetric>() };
    // A domain that is given no metric is given nothing, so the bound of metrics is one of domains as well.
    if (this.#metrics < this.#bounds.metrics) this.#domains.set(domain, made);
    return made;
  }

  #newMetric({ metrics }: OverviewDomain, domain: string, metric: string): OverviewMetric | undefined {
    if (this.#metrics >= this.#bounds.metrics) return undefined;
    this.#metrics++;
    const made = new OverviewMetric(domain, metric, this.#startedAt);
    metrics.set(metric, made);
    return made;
  }

  #newRow({ rows }: OverviewDomain, device: string): number | undefined {
    if (this.#devices >= this.#bounds.devices) return undefined;
    this.#devices++;
    rows.set(device, rows.size);
    return rows.size - 1;
  }

  #district(name = 'unknown'): number | undefined {
    const known = this.#districts.get(name);
    if (known !== undefined) return known;
    if (this.#districts.size >= this.#bounds.districts) return this.#left();
    this.#districts.set(name, this.#districts.size);
    return this.#districts.size - 1;
  }

  #districtOf({ labels, metric, evidence }: Alert): string | null {
    const { district, device } = labels;
    if (district !== undefined || device === undefined) return district ?? null;
    const held = this.#domains.get(evidence.domain);
    const row = held?.rows.get(device);
    const number = row === undefined ? undefined : held?.metrics.get(metric)?.districtOf(row);
    return number === undefined ? null : [...this.#districts.keys()][number]!;
  }

  #left(): undefined {
    this.lack();
    return undefined;
  }

  *#all(): Generator<OverviewMetric> {
    for (const { metrics } of this.#domains.values()) yield* metrics.values();
  }
}

function keyOf({ domain, metric }: { readonly domain: string; readonly metric: string }): string {
  return seriesKey({ domain, device: '', metric });
}
