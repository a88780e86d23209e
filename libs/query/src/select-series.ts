import {
  answerSeriesKey,
  bucketEnd,
  labelOf,
  microsOf,
  type Labels,
  type LabelSpan,
  type QueryPlan,
  type Series,
} from '@seawall/model';
import { RememberedWhere } from './remembered-where.ts';

/** What a store knows of its series without asking its engine. */
export interface KnownSeries {
  /** In the order of their numbers. */
  stored(): readonly Series[];
  /** A device's, in order. */
  seriesOf(device: string): readonly number[];
  /** A device's label history. */
  spansOf(device: string): readonly LabelSpan[];
  unitOf(of: Pick<Series, 'domain' | 'metric'>): string | null;
  readonly latest: {
    /** The greatest event time of the series with this number, in microseconds; -Infinity where there is none. */
    micros(id: number): number;
  };
}

/** A series of the answer. */
export interface AnsweredSeries {
  readonly domain: string;
  readonly metric: string;
  readonly unit: string | null;
  readonly labels: Labels;
}

/** Which readings go where: those of `series[i]` in `[from[i], to[i])` belong to the answered series `group[i]`. */
export interface SelectedParts {
  readonly series: Uint32Array;
  readonly group: Uint32Array;
  /** Whole microseconds of the epoch. */
  readonly from: Float64Array;
  readonly to: Float64Array;
}

export interface Selection extends SelectedParts {
  /** In the order of the answer. */
  readonly groups: readonly AnsweredSeries[];
  /** For raw readings. */
  readonly labelNames?: readonly string[];
}

interface Part {
  readonly id: number;
  readonly key: string;
  from: number;
  to: number;
}

/**
 * Resolves the plan's labels against the catalogue, so that the engine sees numbers only.
 * @param where of the plan, with what it has judged already, see `judgeAhead`
 */
export function selectSeries(
  catalogue: KnownSeries,
  plan: QueryPlan,
  where: RememberedWhere = new RememberedWhere(plan.where),
): Selection {
  const groups = new Map<string, AnsweredSeries>();
  const parts: Part[] = [];
  const stored = catalogue.stored();
  for (const id of candidates(catalogue, plan)) {
    const series = stored[id]!;
    // What a series is without its labels leaves out most, at less cost.
    if (where.admits(series)) parts.push(...partsOf(catalogue, plan, where, series, id, groups));
  }
  return inOrder(plan, groups, resumed(plan, parts));
}

/** The numbers of the series, in order, that a plan may be about, but for its patterns. */
export function* candidates(catalogue: KnownSeries, plan: QueryPlan): Generator<number> {
  const metrics = new Set(plan.metrics);
  const begin = microsOf(plan.from);
  const stored = catalogue.stored();
  const { device = ['*'] } = plan.where;
  // A city has a hundred thousand series, and most questions are about one device.
  const ids = device.every(isName)
    ? [...new Set(device)].flatMap((name) => catalogue.seriesOf(name)).sort((a, b) => a - b)
    : stored.keys();
  for (const id of ids) {
    const series = stored[id]!;
    if (!metrics.has(series.metric) || plan.devices?.has(series.device) === false) continue;
    if (catalogue.latest.micros(id) >= begin) yield id;
  }
}

/** The labels that a series has within a plan's range. */
export function labelsWithin(catalogue: KnownSeries, plan: QueryPlan, { device }: Series): readonly Labels[] {
  return spansWithin(catalogue.spansOf(device), plan).map(({ labels }) => labels);
}

/** Whether it admits this value and no other. */
function isName(pattern: string): boolean {
  return !pattern.includes('*') && !pattern.startsWith('!');
}

/** One part for each run of spans that answer into the same series. */
function partsOf(
  catalogue: KnownSeries,
  plan: QueryPlan,
  where: RememberedWhere,
  series: Series,
  id: number,
  groups: Map<string, AnsweredSeries>,
): Part[] {
  const parts: Part[] = [];
  for (const { from, to, labels: own } of spansWithin(catalogue.spansOf(series.device), plan)) {
    if (!where.admitsLabels(series, own)) continue;
    const labels = answeredLabels(plan, series, own);
    const { domain, metric } = series;
    const key = answerSeriesKey(plan, { domain, metric, labels });
    // Of a raw series whose labels changed, the last span's are shown.
    if (plan.aggregate.length === 0 || !groups.has(key)) {
      groups.set(key, { domain, metric, unit: catalogue.unitOf(series), labels });
    }
    const last = parts.at(-1);
    if (last?.key === key && last.to === from) last.to = to;
    else parts.push({ id, key, from, to });
  }
  return parts;
}

/** The spans that the range touches, cut to it; in microseconds. */
function spansWithin(spans: readonly LabelSpan[], plan: QueryPlan): { from: number; to: number; labels: Labels }[] {
  const begin = microsOf(plan.from);
  const end = microsOf(plan.to);
  return spans
    .map(({ from, labels }, i) => ({
      from: i === 0 ? begin : Math.max(begin, microsOf(from)),
      to: Math.min(end, microsOf(spans[i + 1]?.from ?? Infinity)),
      labels,
    }))
    .filter(({ from, to }) => from < to);
}

function answeredLabels(plan: QueryPlan, series: Series, labels: Labels): Labels {
  if (plan.aggregate.length === 0) return { ...labels, device: series.device };
  const names = plan.groupBy.filter((name) => name !== 'domain');
  const entries = names.map((name) => [name, labelOf(series, labels, name)] as const);
  return Object.fromEntries(entries.filter((entry): entry is readonly [string, string] => entry[1] !== undefined));
}

/** Leaves out what a former page has answered. */
function resumed(plan: QueryPlan, parts: readonly Part[]): readonly Part[] {
  const { after } = plan;
  if (after === undefined) return parts;
  const begin = resumeMicros(plan, after.time);
  return parts
    .filter(({ key }) => key >= after.series)
    .map((part) => (part.key === after.series ? { ...part, from: Math.max(part.from, begin) } : part))
    .filter(({ from, to }) => from < to);
}

function resumeMicros(plan: QueryPlan, time: number): number {
  if (time === -Infinity) return -Infinity;
  if (plan.aggregate.length === 0) return microsOf(time) + 1;
  return plan.buckets === undefined ? Infinity : microsOf(bucketEnd(plan.buckets, time));
}

function inOrder(plan: QueryPlan, groups: ReadonlyMap<string, AnsweredSeries>, parts: readonly Part[]): Selection {
  const keys = [...new Set(parts.map(({ key }) => key))].sort();
  const groupOf = new Map(keys.map((key, i) => [key, i]));
  const answered = keys.map((key) => groups.get(key)!);
  return {
    groups: answered,
    // Of all series, also those that a former page has given: every page has the same columns.
    ...(plan.aggregate.length === 0 && { labelNames: labelNamesOf([...groups.values()]) }),
    series: Uint32Array.from(parts, ({ id }) => id),
    group: Uint32Array.from(parts, ({ key }) => groupOf.get(key)!),
    from: Float64Array.from(parts, ({ from }) => from),
    to: Float64Array.from(parts, ({ to }) => to),
  };
}

function labelNamesOf(groups: readonly AnsweredSeries[]): readonly string[] {
  return [...new Set(groups.flatMap(({ labels }) => Object.keys(labels)))].sort();
}
