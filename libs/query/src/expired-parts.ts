import {
  answerSeriesKey,
  bucketSeconds,
  INCREASE_WITHIN_MS,
  microsOf,
  type QueryChunk,
  type QueryPlan,
} from '@seawall/model';
import { bucketAt } from './bucket-at.ts';
import { bucketStart } from './bucket-index.ts';
import type { AnsweredSeries, Selection } from './select-series.ts';
import type { KeptSince } from './kept-since.ts';

/** What has expired of a plan's range, so that its answer lacks it. Times in whole microseconds. */
export interface ExpiredParts {
  /** By domain: from here on the range is answered. Only domains of which something before it may have expired. */
  readonly before: ReadonlyMap<string, number>;
  /** By group: numbers of buckets that lack a stretch of one of their series after that, or the reading before its first. */
  readonly holes: ReadonlyMap<number, ReadonlySet<number>>;
}

/** Where a series' first reading may have lost the one before it, over which it has an increase. Whole microseconds. */
export interface ForgottenBefore {
  /** From here on readings are there, or the rows of hours that remember the last of theirs. */
  readonly from: number;
  /** From here on readings themselves are there. */
  readonly readings: number;
  readonly to: number;
}

/** @returns undefined where a domain's increases lack nothing that the plan asks for */
export function forgottenBefore({ aggregate, from, to }: QueryPlan, kept: KeptSince): ForgottenBefore | undefined {
  const { raw: readings, '1h': hours = 0 } = kept;
  if (readings === undefined || !aggregate.includes('rate')) return undefined;
  const remembered = Math.min(readings, hours);
  const end = Math.min(remembered + microsOf(INCREASE_WITHIN_MS), microsOf(to));
  return Math.max(readings, microsOf(from)) < end ? { from: remembered, readings, to: end } : undefined;
}

/** What has expired of a plan that asks for readings as they are. */
export function expiredReadings(
  { from, to }: QueryPlan,
  { groups }: Selection,
  kept: ReadonlyMap<string, KeptSince>,
): ExpiredParts {
  const before = new Map<string, number>();
  for (const { domain } of kept.size === 0 ? [] : groups) {
    const { raw = -Infinity, began = -Infinity } = kept.get(domain) ?? {};
    const since = Math.min(raw, microsOf(to));
    if (since > Math.max(began, microsOf(from))) before.set(domain, since);
  }
  return { before, holes: new Map() };
}

/**
 * Chunks of an answer that say what they lack. A rate is of the seconds that are answered, and null where it lacks a stretch in
 * their middle. Of what has no points left chunks without points say so.
 */
export function tellExpired(
  plan: QueryPlan,
  selection: Selection,
  expired: ExpiredParts,
  chunks: AsyncIterable<QueryChunk>,
): AsyncIterable<QueryChunk> {
  return expired.before.size === 0 && expired.holes.size === 0 ? chunks : tell(plan, selection, expired, chunks);
}

async function* tell(
  plan: QueryPlan,
  selection: Selection,
  expired: ExpiredParts,
  chunks: AsyncIterable<QueryChunk>,
): AsyncGenerator<QueryChunk> {
  const lacks = new Map(
    selection.groups.map((group, i) => [answerSeriesKey(plan, group), lackOf(plan, group, i, expired)]),
  );
  const told = new Set<string>();
  for await (const chunk of chunks) {
    const key = answerSeriesKey(plan, chunk);
    const { since, cut, holed, marks } = lacks.get(key)!;
    told.add(key).add(chunk.domain);
    yield { ...chunk, ...marks, ...(marks.partial && { values: withRates(plan, chunk, since, cut, holed) }) };
  }
  for (const [i, group] of selection.groups.entries()) {
    const key = answerSeriesKey(plan, group);
    const { marks } = lacks.get(key)!;
    if (told.has(key) || (told.has(group.domain) && !expired.holes.has(i))) continue;
    if (marks.expiredBefore === undefined && marks.partial === undefined) continue;
    told.add(group.domain);
    const { domain, metric, unit, labels } = group;
    yield { domain, metric, unit, labels, time: new Float64Array(0), values: {}, ...marks };
  }
}

/** What one answered series lacks. */
interface Lack {
  /** Microseconds from when on it is answered, where that is not the range's begin. */
  readonly since: number | undefined;
  /** The start of the bucket that begins before that and ends after it. */
  readonly cut: number | undefined;
  readonly holed: ReadonlySet<number>;
  /** What its chunks say of it. */
  readonly marks: Pick<QueryChunk, 'expiredBefore' | 'partial'>;
}

function lackOf(plan: QueryPlan, { domain }: AnsweredSeries, group: number, { before, holes }: ExpiredParts): Lack {
  const startOf = (number: number) => (plan.buckets === undefined ? plan.from : bucketStart(plan.buckets, number));
  const since = before.get(domain);
  const holed = new Set([...(holes.get(group) ?? [])].map(startOf));
  const cut = since === undefined ? undefined : cutStart(plan, since, startOf);
  const partial = cut === undefined ? holed : new Set([cut, ...holed]);
  const marks = { ...(since !== undefined && { expiredBefore: since / 1000 }), ...(partial.size > 0 && { partial }) };
  return { since, cut, holed, marks };
}

function cutStart(plan: QueryPlan, micros: number, startOf: (number: number) => number): number | undefined {
  if (plan.aggregate.length === 0 || micros >= microsOf(plan.to)) return undefined;
  const start = startOf(bucketAt(plan.buckets, micros));
  return microsOf(start) < micros ? start : undefined;
}

function withRates(
  plan: QueryPlan,
  { time, values }: QueryChunk,
  since: number | undefined,
  cut: number | undefined,
  holed: ReadonlySet<number>,
): QueryChunk['values'] {
  if (values['rate'] === undefined) return values;
  const rate = values['rate'].map((whole, i) => {
    if (holed.has(time[i]!)) return NaN;
    if (since === undefined || cut === undefined || time[i] !== cut) return whole;
    const answered = bucketSeconds({ ...plan, from: Math.max(plan.from, since / 1000) }, cut);
    return (whole * bucketSeconds(plan, cut)) / answered;
  });
  return { ...values, rate };
}
