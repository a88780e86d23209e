import {
  answerSeriesKey,
  batchLength,
  bucketSeconds,
  compileWhere,
  INCREASE_WITHIN_MS,
  labelOf,
  labelsAt,
  microsOf,
  seriesKey,
  UNDESCRIBED,
  type Buckets,
  type Labels,
  type LabelSpan,
  type MetricDefinition,
  type QueryChunk,
  type QueryPlan,
  type ReadingBatch,
  type Series,
  type WhereMatcher,
} from '@seawall/model';
import { cursorSeq, JOURNAL_START, type Cursor } from '../journal.ts';
import { expiresBefore, keptFor } from '../retention.ts';
import type {
  MaintenanceOptions,
  Page,
  PageRequest,
  SeriesFilter,
  SeriesStore,
  SeriesStoreStatus,
  SeriesSummary,
  StoreChange,
} from '../series-store.ts';
import { refuseBackup } from './refuse-backup.ts';
import { increaseOf, plainAggregate } from './plain-aggregate.ts';

const POINTS_PER_CHUNK = 1000;
const HOUR_MS = 3_600_000;

interface StoredReading {
  readonly time: number;
  readonly value: number;
  readonly flags: number;
}

interface StoredSeries {
  readonly series: Series;
  /** By event time in whole microseconds. */
  readonly readings: Map<number, StoredReading>;
}

interface AnsweredSeries {
  readonly domain: string;
  readonly metric: string;
  readonly labels: Labels;
  readonly readings: AnsweredReading[];
}

interface AnsweredReading extends StoredReading {
  /** Over the reading before it of its series; undefined where that is none, or too long ago. */
  readonly increase: number | undefined;
  /** Whether the reading before it may have expired, so that its increase is lost. */
  readonly isFirstLeft: boolean;
}

/** A series store for tests: everything in maps, and every answer computed the plain way. */
export function createMemorySeriesStore(): SeriesStore {
  return new MemorySeriesStore();
}

class MemorySeriesStore implements SeriesStore {
  readonly #series = new Map<string, StoredSeries>();
  readonly #spans = new Map<string, readonly LabelSpan[]>();
  readonly #metrics = new Map<string, MetricDefinition>();
  /** By domain: the moment before which readings have been let go, and the hour of the first of them. */
  readonly #expired = new Map<string, { readonly before: number; readonly began: number }>();
  #cursor: Cursor = JOURNAL_START;

  async cursor(): Promise<Cursor> {
    return this.#cursor;
  }

  async write(changes: readonly StoreChange[], cursor: Cursor): Promise<void> {
    const written = cursorSeq(this.#cursor);
    if (cursorSeq(cursor) <= written) return;
    for (const change of changes) {
      if (change.kind === 'labels') this.#spans.set(change.device, change.spans);
      else if (change.kind === 'metrics')
        change.metrics.forEach((metric) => this.#metrics.set(metricKey(metric), metric));
      else if (change.seq > written) this.#keep(change.batch);
    }
    this.#cursor = cursor;
  }

  #keep(batch: ReadingBatch): void {
    for (let i = 0; i < batchLength(batch); i++) {
      const series = batch.series[batch.seriesIndex[i]!]!;
      const key = seriesKey(series);
      const stored = this.#series.get(key) ?? { series, readings: new Map<number, StoredReading>() };
      this.#series.set(key, stored);
      const time = microsOf(batch.eventTime[i]!);
      stored.readings.set(time, { time: time / 1000, value: batch.value[i]!, flags: batch.flags[i]! });
    }
  }

  async *query(plan: QueryPlan, signal?: AbortSignal): AsyncGenerator<QueryChunk> {
    signal?.throwIfAborted();
    const answered = this.#select(plan);
    const labelNames = plan.aggregate.length > 0 ? undefined : namesOf([...answered.values()]);
    let room = plan.limit + 1;
    for (const key of [...answered.keys()].sort(byCodeUnit)) {
      const of = answered.get(key)!;
      const points = pointsOf(plan, key, of.readings, this.#expiredBefore(plan, of.domain)).slice(0, room);
      room -= points.length;
      for (let i = 0; i < points.length; i += POINTS_PER_CHUNK) {
        yield this.#chunk(plan, answered.get(key)!, points.slice(i, i + POINTS_PER_CHUNK), labelNames);
        signal?.throwIfAborted();
      }
      if (room <= 0) return;
    }
    yield* this.#goneAltogether(plan, new Set([...answered.values()].map(({ domain }) => domain)));
  }

  /** Of a plan's range; undefined where nothing of it has expired. */
  #expiredBefore({ from, to }: QueryPlan, domain: string): number | undefined {
    const { before = -Infinity, began = Infinity } = this.#expired.get(domain) ?? {};
    return Math.min(before, to) > Math.max(from, began) ? Math.min(before, to) : undefined;
  }

  /** Of domains without points, a chunk that says what has expired. */
  *#goneAltogether(plan: QueryPlan, told: Set<string>): Generator<QueryChunk> {
    const matches = compileWhere(plan.where);
    for (const { series, readings } of this.#series.values()) {
      const { domain, metric } = series;
      const expiredBefore = this.#expiredBefore(plan, domain);
      const own = this.#labelsOf(series, plan.to);
      if (expiredBefore === undefined || told.has(domain)) continue;
      if (!plan.metrics.includes(metric) || !matches(series, own) || plan.devices?.has(series.device) === false)
        continue;
      if (![...readings.values()].some(({ time }) => time >= plan.from)) continue;
      told.add(domain);
      const head = { domain, metric, unit: this.#unit(series), labels: answeredLabels(plan, series, own) };
      yield { ...head, time: new Float64Array(0), values: {}, expiredBefore };
    }
  }

  #select(plan: QueryPlan): Map<string, AnsweredSeries> {
    const matches = compileWhere(plan.where);
    const answered = new Map<string, AnsweredSeries>();
    for (const { series, readings } of this.#series.values()) {
      if (!plan.metrics.includes(series.metric) || plan.devices?.has(series.device) === false) continue;
      const inOrder = [...readings.values()].sort((a, b) => a.time - b.time);
      for (const [i, reading] of inOrder.entries()) {
        if (reading.time < plan.from || reading.time >= plan.to) continue;
        const own = this.#labelsOf(series, reading.time);
        if (!matches(series, own)) continue;
        const labels = answeredLabels(
          plan,
          series,
          plan.aggregate.length > 0 ? own : this.#lastLabels(plan, series, matches),
        );
        const key = answerSeriesKey(plan, { ...series, labels });
        const group = answered.get(key) ?? { domain: series.domain, metric: series.metric, labels, readings: [] };
        const isFirstLeft = this.#isFirstLeft(series.domain, inOrder[i - 1], reading);
        group.readings.push({ ...reading, increase: increaseOf(inOrder[i - 1], reading), isFirstLeft });
        answered.set(key, group);
      }
    }
    return answered;
  }

  #isFirstLeft(domain: string, previous: StoredReading | undefined, { time }: StoredReading): boolean {
    const { before = -Infinity } = this.#expired.get(domain) ?? {};
    return time >= before && time < before + INCREASE_WITHIN_MS && (previous?.time ?? -Infinity) < before;
  }

  /** A raw series whose labels changed is shown with those of the last span that matches and begins within the range. */
  #lastLabels(plan: QueryPlan, series: Series, matches: WhereMatcher): Labels {
    const spans = this.#spans.get(series.device) ?? [{ from: -Infinity, labels: UNDESCRIBED }];
    return spans.findLast(({ from, labels }) => from < plan.to && matches(series, labels))!.labels;
  }

  #chunk(plan: QueryPlan, of: AnsweredSeries, points: readonly Point[], labelNames?: readonly string[]): QueryChunk {
    const names = plan.aggregate.length > 0 ? plan.aggregate : plan.flags ? ['value', 'flags'] : ['value'];
    return {
      domain: of.domain,
      metric: of.metric,
      unit: this.#unit(of),
      labels: of.labels,
      ...(labelNames && { labelNames }),
      ...lackOf(plan, this.#expiredBefore(plan, of.domain), of.readings),
      time: Float64Array.from(points, (point) => point.time),
      values: Object.fromEntries(
        names.map((name, i) => [name, Float64Array.from(points, (point) => point.values[i]!)]),
      ),
    };
  }

  async series(filter: SeriesFilter, page: PageRequest): Promise<Page<SeriesSummary>> {
    const matches = compileWhere(filter.where ?? {});
    const keys = [...this.#series.keys()].sort(byCodeUnit).filter((key) => {
      const { series } = this.#series.get(key)!;
      if (page.after !== undefined && key <= page.after) return false;
      if (filter.devices?.has(series.device) === false) return false;
      return (filter.metrics?.includes(series.metric) ?? true) && matches(series, this.#labelsOf(series, Infinity));
    });
    const shown = keys.slice(0, page.limit);
    const items = shown.map((key) => this.#summary(this.#series.get(key)!));
    return { items, next: keys.length > shown.length ? shown.at(-1)! : null };
  }

  #summary({ series, readings }: StoredSeries): SeriesSummary {
    const latest = [...readings.values()].reduce((a, b) => (b.time > a.time ? b : a));
    return {
      ...series,
      unit: this.#unit(series),
      labels: this.#labelsOf(series, Infinity),
      latest: { time: latest.time, value: latest.value },
    };
  }

  /** Lets go what has expired; there is nothing to order and there are no rollups. */
  async maintain({ now, retention }: MaintenanceOptions, signal?: AbortSignal): Promise<boolean> {
    signal?.throwIfAborted();
    for (const [key, { series, readings }] of this.#series) {
      const before = expiresBefore(now, keptFor(retention.raw, series.domain));
      for (const [micros, { time }] of readings)
        if (time < before) {
          readings.delete(micros);
          const of = this.#expired.get(series.domain) ?? { before, began: Infinity };
          const began = Math.min(of.began, Math.floor(time / HOUR_MS) * HOUR_MS);
          this.#expired.set(series.domain, { before: Math.max(of.before, before), began });
        }
      if (readings.size === 0) this.#series.delete(key);
    }
    return false;
  }

  async status(): Promise<SeriesStoreStatus> {
    let readings = 0;
    let [oldest, newest] = [Infinity, -Infinity];
    for (const stored of this.#series.values()) {
      readings += stored.readings.size;
      for (const { time } of stored.readings.values())
        [oldest, newest] = [Math.min(oldest, time), Math.max(newest, time)];
    }
    const range = readings === 0 ? { oldest: null, newest: null } : { oldest, newest };
    return { readings, series: this.#series.size, bytes: 0, tiers: { raw: { rows: readings, ...range } } };
  }

  backup(): Promise<never> {
    return refuseBackup('series store');
  }

  async close(): Promise<void> {}

  #labelsOf(series: Series, eventTime: number): Labels {
    const spans = this.#spans.get(series.device);
    return spans === undefined ? UNDESCRIBED : labelsAt(spans, eventTime);
  }

  #unit(of: { readonly domain: string; readonly metric: string }): string | null {
    return this.#metrics.get(metricKey(of))?.unit ?? null;
  }
}

interface Point {
  readonly time: number;
  readonly values: readonly number[];
}

/** What a chunk says of what has expired. */
function lackOf(
  plan: QueryPlan,
  expiredBefore: number | undefined,
  readings: readonly AnsweredReading[],
): Pick<QueryChunk, 'expiredBefore' | 'partial'> {
  if (plan.aggregate.length === 0) return expiredBefore === undefined ? {} : { expiredBefore };
  const cut = expiredBefore === undefined ? undefined : cutStart(plan, expiredBefore);
  const firsts = plan.aggregate.includes('rate') ? readings.filter(({ isFirstLeft }) => isFirstLeft) : [];
  const partial = new Set([...(cut === undefined ? [] : [cut]), ...firsts.map(({ time }) => startOf(plan, time))]);
  return { ...(expiredBefore !== undefined && { expiredBefore }), ...(partial.size > 0 && { partial }) };
}

/** The start of the bucket that begins before that and ends after it. */
function cutStart(plan: QueryPlan, expiredBefore: number): number | undefined {
  if (expiredBefore >= plan.to) return undefined;
  const start = startOf(plan, expiredBefore);
  return start < expiredBefore ? start : undefined;
}

function startOf({ buckets, from }: QueryPlan, time: number): number {
  return buckets === undefined ? from : bucketStart(buckets, time);
}

function pointsOf(
  plan: QueryPlan,
  key: string,
  readings: readonly AnsweredReading[],
  expiredBefore: number | undefined,
): Point[] {
  const points =
    plan.aggregate.length === 0
      ? readings.map(({ time, value, flags }) => ({ time, values: [value, flags] }))
      : aggregated(plan, readings, expiredBefore);
  const { after } = plan;
  if (after === undefined) return points;
  return points.filter(({ time }) => key > after.series || (key === after.series && time > after.time));
}

function aggregated(plan: QueryPlan, readings: readonly AnsweredReading[], expiredBefore: number | undefined): Point[] {
  const byStart = new Map<number, AnsweredReading[]>();
  for (const reading of readings) {
    const start = startOf(plan, reading.time);
    byStart.set(start, [...(byStart.get(start) ?? []), reading]);
  }
  const starts = [...byStart.keys()].sort((a, b) => a - b);
  const cut = expiredBefore === undefined ? undefined : cutStart(plan, expiredBefore);
  return starts.map((time) => {
    const own = byStart.get(time)!;
    // A rate goes by the seconds that are left, but can't be told where something is lacking among them.
    const isTold = time === cut || !own.some(({ isFirstLeft }) => isFirstLeft);
    const seconds = isTold
      ? bucketSeconds({ ...plan, from: Math.max(plan.from, expiredBefore ?? plan.from) }, time)
      : NaN;
    return { time, values: plan.aggregate.map((name) => plainAggregate(name, own, seconds)) };
  });
}

function bucketStart(buckets: Buckets, time: number): number {
  if (buckets.kind === 'fixed')
    return buckets.origin + Math.floor((time - buckets.origin) / buckets.stepMs) * buckets.stepMs;
  return buckets.starts.findLast((start) => start <= time)!;
}

function answeredLabels(plan: QueryPlan, series: Series, labels: Labels): Labels {
  if (plan.aggregate.length === 0) return { ...labels, device: series.device };
  const grouped = plan.groupBy.filter((name) => name !== 'domain').map((name) => [name, labelOf(series, labels, name)]);
  return Object.fromEntries(grouped.filter(([, value]) => value !== undefined)) as Labels;
}

function namesOf(answered: readonly AnsweredSeries[]): string[] {
  return [...new Set(answered.flatMap(({ labels }) => Object.keys(labels)))].sort(byCodeUnit);
}

function metricKey(of: { readonly domain: string; readonly metric: string }): string {
  return `${of.domain}\u0000${of.metric}`;
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
