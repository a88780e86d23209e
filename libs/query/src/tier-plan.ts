import { bucketEnd, type Buckets, microsOf, type QueryPlan, type QuerySource } from '@seawall/model';
import { bucketAt } from './bucket-at.ts';
import type { ExpiredParts } from './expired-parts.ts';
import { HOUR_MICROS, MINUTE_MICROS, type KeptSince } from './kept-since.ts';
import { isPercentile } from './is-percentile.ts';
import type { SelectedParts, Selection } from './select-series.ts';

/** `[from, to)` in microseconds. */
interface TimeRange {
  readonly from: number;
  readonly to: number;
}

/** What rollups hold at one moment. Times in microseconds. */
export interface TierView {
  readonly rolledTo: number;
  /** By domain. */
  readonly kept: ReadonlyMap<string, KeptSince>;
  /** Begins of hours that can't be used, by series. */
  readonly stale: ReadonlyMap<number, ReadonlySet<number>>;
  /** Begins of hours that have rows of minutes though their readings are there, by series. */
  readonly dense: ReadonlyMap<number, ReadonlySet<number>>;
  /** By series: the first reading that is remembered, where it may have lost the one before it, see `forgottenBefore`. */
  readonly firsts: ReadonlyMap<number, number>;
}

/** A stretch of a part of the selection, and what it is answered from; 'gone': nothing can tell any more. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly source: QuerySource | 'gone';
}

export interface TierPlan {
  readonly parts: Readonly<Record<QuerySource, SelectedParts>>;
  readonly expired: ExpiredParts;
  /** The coarsest that is used. */
  readonly source: QuerySource;
}

/**
 * Cuts what is selected into stretches, each of which the coarsest tier answers that can do so exactly: whole hours and
 * minutes within one bucket and under one label, as long as they hold what their readings do. The rest is for readings; and
 * where these have expired, the buckets that lack them are named. Percentiles take readings as long as there are any.
 */
export function planTiers(plan: QueryPlan, selection: Selection, view: TierView): TierPlan {
  const builders = { raw: new PartsBuilder(), '1m': new PartsBuilder(), '1h': new PartsBuilder() };
  const cutter = new Cutter(plan, view);
  const before = expiredBefore(plan, selection, view, cutter);
  const holes = new Map<number, Set<number>>();
  const { series, group, from, to } = selection;
  for (let i = 0; i < series.length; i++) {
    const { domain } = selection.groups[group[i]!]!;
    for (const stretch of cutter.cut(series[i]!, domain, from[i]!, to[i]!)) {
      if (stretch.source !== 'gone') builders[stretch.source].add(series[i]!, group[i]!, stretch);
      else {
        const { began = -Infinity } = view.kept.get(domain)!;
        const begin = Math.max(stretch.from, before.get(domain) ?? began);
        if (begin < stretch.to) noteHole(holes, group[i]!, plan.buckets, begin, stretch.to);
      }
    }
    const first = view.firsts.get(series[i]!) ?? NaN;
    if (first >= from[i]! && first < to[i]! && lacksIncrease(first, plan, before.get(domain), view.kept.get(domain)))
      noteHole(holes, group[i]!, plan.buckets, first, first + 1);
  }
  const parts = { raw: builders.raw.take(), '1m': builders['1m'].take(), '1h': builders['1h'].take() };
  const source = parts['1h'].series.length > 0 ? '1h' : parts['1m'].series.length > 0 ? '1m' : 'raw';
  return { parts, expired: { before, holes }, source };
}

/** By domain: where what has expired of the range's begin ends. */
function expiredBefore(
  plan: QueryPlan,
  { groups }: Selection,
  { kept }: TierView,
  cutter: Cutter,
): ReadonlyMap<string, number> {
  const [from, to] = [microsOf(plan.from), microsOf(plan.to)];
  const ends = new Map<string, number>();
  for (const domain of new Set(groups.map((of) => of.domain))) {
    const [first] = cutter.cutRange(domain, from, to);
    if (first?.source === 'gone' && first.to > (kept.get(domain)!.began ?? -Infinity)) ends.set(domain, first.to);
  }
  return ends;
}

/** Whether a series' first reading has lost its increase; in a bucket that is cut anyway the rate is of what is left. */
function lacksIncrease(
  first: number,
  { buckets }: QueryPlan,
  since: number | undefined,
  { raw = -Infinity }: KeptSince = {},
): boolean {
  return first >= raw && (since === undefined || bucketAt(buckets, first) !== bucketAt(buckets, since - 1));
}

function noteHole(
  holes: Map<number, Set<number>>,
  group: number,
  buckets: Buckets | undefined,
  from: number,
  to: number,
): void {
  const numbers = holes.get(group) ?? new Set();
  holes.set(group, numbers);
  for (let at = bucketAt(buckets, from), last = bucketAt(buckets, to - 1); at <= last; at++) numbers.add(at);
}

/** Cuts parts; those of series about which there is nothing particular are cut the same way. */
class Cutter {
  readonly #view: TierView;
  readonly #percentiles: boolean;
  readonly #hours: Edges;
  readonly #minutes: Edges;
  readonly #known = new Map<string, readonly Stretch[]>();

  constructor(plan: QueryPlan, view: TierView) {
    this.#view = view;
    this.#percentiles = plan.aggregate.some(isPercentile);
    this.#hours = edgesOf(plan, HOUR_MICROS);
    this.#minutes = edgesOf(plan, MINUTE_MICROS);
  }

  cut(series: number, domain: string, from: number, to: number): readonly Stretch[] {
    const [stale, dense] = [this.#view.stale.get(series), this.#view.dense.get(series)];
    if (stale !== undefined || dense !== undefined) return this.#cut(domain, from, to, stale, dense);
    return this.cutRange(domain, from, to);
  }

  /** As a series is cut about which there is nothing particular. */
  cutRange(domain: string, from: number, to: number): readonly Stretch[] {
    const key = `${from} ${to} ${domain}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const stretches = this.#cut(domain, from, to, undefined, undefined);
    this.#known.set(key, stretches);
    return stretches;
  }

  #cut(
    domain: string,
    from: number,
    to: number,
    stale: ReadonlySet<number> | undefined,
    dense: ReadonlySet<number> | undefined,
  ): readonly Stretch[] {
    const kept = this.#view.kept.get(domain) ?? {};
    const expired = kept.raw ?? -Infinity;
    const changed = [...(stale ?? [])].filter((hour) => hour >= expired);
    const range = { from: Math.max(from, kept['1h'] ?? 0, 0), to: Math.min(to, this.#end(expired)) };
    const stretches: Stretch[] = [];
    let at = from;
    for (const hours of [...wholeSteps(HOUR_MICROS, range, this.#hours, changed), { from: to, to }]) {
      const rest = { from: at, to: Math.max(at, hours.from) };
      const minutes = [...this.#expiredMinutes(rest, kept), ...this.#denseMinutes(rest, kept, changed, dense)];
      for (const run of [...minutes, { from: rest.to, to: rest.to }]) {
        stretches.push(...readingsOrGone(at, run.from, expired));
        if (run.from < run.to) stretches.push({ ...run, source: '1m' });
        at = Math.max(at, run.to);
      }
      if (hours.from < hours.to) stretches.push({ ...hours, source: '1h' });
      at = Math.max(at, hours.to);
    }
    return stretches;
  }

  /** Where rollups end; for percentiles, which take readings as long as there are any, where these begin. */
  #end(expired: number): number {
    return Math.min(this.#view.rolledTo, this.#percentiles ? expired : Infinity);
  }

  /** Whose readings have expired: all that there were have rows. */
  #expiredMinutes({ from, to }: TimeRange, kept: KeptSince): TimeRange[] {
    if (kept.raw === undefined) return [];
    const range = { from: Math.max(from, kept['1m'] ?? 0, 0), to: Math.min(to, this.#end(kept.raw), kept.raw) };
    return wholeSteps(MINUTE_MICROS, range, this.#minutes, []);
  }

  /** In hours with so many readings that they have rows of minutes as well. */
  #denseMinutes(
    { from, to }: TimeRange,
    kept: KeptSince,
    changed: readonly number[],
    dense: ReadonlySet<number> | undefined,
  ): TimeRange[] {
    if (dense === undefined) return [];
    const expired = kept.raw ?? -Infinity;
    const [begin, end] = [Math.max(from, kept['1m'] ?? 0, expired), Math.min(to, this.#end(expired))];
    const unusable = new Set(changed);
    return [...dense]
      .filter((hour) => hour < end && hour + HOUR_MICROS > begin && !unusable.has(hour))
      .sort((a, b) => a - b)
      .flatMap((hour) => {
        const range = { from: Math.max(begin, hour), to: Math.min(end, hour + HOUR_MICROS) };
        return wholeSteps(MINUTE_MICROS, range, this.#minutes, []);
      });
  }
}

function readingsOrGone(from: number, to: number, expired: number): Stretch[] {
  const stretches: Stretch[] = [];
  if (from < Math.min(to, expired)) stretches.push({ from, to: Math.min(to, expired), source: 'gone' });
  if (Math.max(from, expired) < to) stretches.push({ from: Math.max(from, expired), to, source: 'raw' });
  return stretches;
}

/** Where the edges of buckets stand to those of a tier. */
interface Edges {
  /** Whether most of them coincide, or there are few. */
  readonly aligned: boolean;
  /** Begins of the tier's steps that an edge divides. */
  readonly divided: ReadonlySet<number>;
}

/** More steps divided than these, and readings serve better. */
const MAX_DIVIDED = 64;

function edgesOf(plan: Pick<QueryPlan, 'buckets' | 'from' | 'to'>, step: number): Edges {
  const divided = new Set<number>();
  for (const edge of bucketEdges(plan, step)) {
    if (edge % step !== 0) divided.add(Math.floor(edge / step) * step);
    if (divided.size > MAX_DIVIDED) return { aligned: false, divided };
  }
  return { aligned: true, divided };
}

/** Of the buckets that the range touches, in microseconds; of those of a fixed length, none if they all fall on a step. */
function* bucketEdges(
  { buckets, from, to }: Pick<QueryPlan, 'buckets' | 'from' | 'to'>,
  step: number,
): Generator<number> {
  if (buckets === undefined) return;
  if (buckets.kind === 'listed') {
    for (const edge of [...buckets.starts, buckets.end]) yield microsOf(edge);
    return;
  }
  const [origin, length] = [microsOf(buckets.origin), microsOf(buckets.stepMs)];
  if (origin % step === 0 && length % step === 0) return;
  const begin = origin + Math.floor((microsOf(from) - origin) / length) * length;
  for (let edge = begin; edge < microsOf(to) + length; edge += length) yield edge;
}

/** Runs of whole steps within a range that no edge divides, without those that begin at `leftOut`. */
function wholeSteps(
  step: number,
  { from, to }: TimeRange,
  { aligned, divided }: Edges,
  leftOut: readonly number[],
): TimeRange[] {
  const [begin, end] = [Math.ceil(from / step) * step, Math.floor(to / step) * step];
  if (!aligned || !(begin < end)) return [];
  const without = [...new Set([...divided, ...leftOut])].filter((at) => at >= begin && at < end).sort((a, b) => a - b);
  const runs: TimeRange[] = [];
  let open = begin;
  for (const at of [...without, end]) {
    if (open < at) runs.push({ from: open, to: at });
    open = at + step;
  }
  return runs;
}

/** Whether a rollup might serve at all: the range holds a whole step of it, and most edges of buckets coincide with its own. */
export function mayServe(plan: QueryPlan, step: number, rolledTo: number): boolean {
  const { buckets, from, to } = plan;
  const [begin, end] = [
    Math.ceil(microsOf(from) / step) * step,
    Math.floor(Math.min(microsOf(to), rolledTo) / step) * step,
  ];
  if (begin >= end) return false;
  if (buckets !== undefined && microsOf(bucketEnd(buckets, firstStart(buckets)) - firstStart(buckets)) < step)
    return false;
  return edgesOf(plan, step).aligned;
}

function firstStart(buckets: Buckets): number {
  return buckets.kind === 'fixed' ? buckets.origin : buckets.starts[0]!;
}

/** Columns of parts that grow. */
class PartsBuilder {
  readonly #series: number[] = [];
  readonly #group: number[] = [];
  readonly #from: number[] = [];
  readonly #to: number[] = [];

  add(series: number, group: number, { from, to }: Stretch): void {
    this.#series.push(series);
    this.#group.push(group);
    this.#from.push(from);
    this.#to.push(to);
  }

  take(): SelectedParts {
    return {
      series: Uint32Array.from(this.#series),
      group: Uint32Array.from(this.#group),
      from: Float64Array.from(this.#from),
      to: Float64Array.from(this.#to),
    };
  }
}
