import { describe, expect, it } from '@jest/globals';
import { microsOf, type Buckets, type Labels, type QueryPlan, type QuerySource } from '@seawall/model';
import fc from 'fast-check';
import { bucketAt } from './bucket-at.ts';
import { HOUR_MICROS, MINUTE_MICROS, type KeptSince } from './kept-since.ts';
import { parseQuery } from './parse-query.ts';
import { selectSeries, type KnownSeries, type Selection } from './select-series.ts';
import { planTiers, type TierPlan } from './tier-plan.ts';

const HOUR = 3_600_000;
const T0 = Date.UTC(2026, 2, 28);
const STEP = { '1m': MINUTE_MICROS, '1h': HOUR_MICROS };

/** Minutes from T0 on. */
const minutes = fc.integer({ min: -100, max: 60 * 60 });
const hours = fc.integer({ min: 0, max: 48 });
const step = fc.constantFrom(undefined, '20m', '1h', '90m', '1d', '1M');
const timeZone = fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kolkata', 'Australia/Adelaide', 'Australia/Lord_Howe');

const question = fc.record({
  from: minutes,
  length: fc.integer({ min: 1, max: 3000 }),
  odd: fc.nat(2),
  step,
  timeZone,
});
/** When the device changes its district, in minutes; and what is kept since when, in hours. */
const stored = fc.record({
  changes: fc.array(minutes, { maxLength: 3 }),
  raw: fc.option(hours, { nil: undefined }),
  '1m': hours,
  '1h': hours,
  began: fc.option(hours, { nil: undefined }),
});

type Question = typeof question extends fc.Arbitrary<infer T> ? T : never;
type Stored = typeof stored extends fc.Arbitrary<infer T> ? T : never;

function planOf({ from, length, odd, step: asked, timeZone: zone }: Question): QueryPlan {
  const begin = T0 + from * 60_000 + odd;
  const range = { from: begin, to: begin + length * 60_000, ...(asked && { step: asked }), timeZone: zone };
  const document = { metrics: ['m'], aggregate: ['count'], groupBy: ['district'], ...range };
  return parseQuery(document, { now: T0, timeZone: 'UTC' });
}

function knownOf({ changes }: Stored): KnownSeries {
  const labels = (i: number): Labels => ({ district: `d${i % 2}` });
  const edges = [-Infinity, ...changes.map((at) => T0 + at * 60_000).sort((a, b) => a - b)];
  return {
    stored: () => [{ domain: 'e', device: 'a', metric: 'm' }],
    seriesOf: () => [0],
    spansOf: () => edges.map((from, i) => ({ from, labels: labels(i) })),
    unitOf: () => null,
    latest: { micros: () => Infinity },
  };
}

function keptOf({ raw, '1m': minute, '1h': hour, began }: Stored): KeptSince | undefined {
  if (raw === undefined) return undefined;
  const at = (since: number) => microsOf(T0) + since * HOUR_MICROS;
  const kept = { raw: at(raw), '1m': at(Math.min(minute, raw)), '1h': at(Math.min(hour, minute, raw)) };
  return { ...kept, ...(began !== undefined && { began: at(Math.min(began, raw)) }) };
}

/** All is rolled up, and nothing stale. */
function viewOf(kept: KeptSince | undefined) {
  const rolledTo = microsOf(T0 + 48 * HOUR);
  return { rolledTo, kept: new Map(kept && [['e', kept]]), stale: new Map(), dense: new Map(), firsts: new Map() };
}

/** The plan with its buckets, of a fixed length, listed. */
function listed(plan: QueryPlan): QueryPlan {
  const { origin, stepMs } = plan.buckets as Extract<Buckets, { kind: 'fixed' }>;
  const count = Math.ceil((plan.to - origin) / stepMs);
  const starts = Array.from({ length: count }, (_, i) => origin + i * stepMs);
  return { ...plan, buckets: { kind: 'listed', starts, end: origin + count * stepMs } };
}

const partsOf = ({ parts }: TierPlan) =>
  (Object.keys(parts) as QuerySource[]).flatMap((source) =>
    [...parts[source].from].map((from, i) => ({
      source,
      group: parts[source].group[i]!,
      from,
      to: parts[source].to[i]!,
    })),
  );

/** Moments at which something changes, and those beside them. */
function momentsOf(tiers: TierPlan, selection: Selection): number[] {
  const edges = [...selection.from, ...selection.to, ...partsOf(tiers).flatMap(({ from, to }) => [from, to])];
  return [...new Set(edges.flatMap((at) => [at - 1, at, at + 1]))];
}

describe('planTiers', () => {
  it('answers each moment once, or says that it lacks it', () => {
    const seen = new Set<string>();
    const property = fc.property(question, stored, (asked, of) => {
      const plan = planOf(asked);
      const kept = keptOf(of);
      const view = viewOf(kept);
      const selection = selectSeries(knownOf(of), plan);
      const tiers = planTiers(plan, selection, view);
      const { before, holes } = tiers.expired;
      for (const moment of momentsOf(tiers, selection)) {
        const part = selection.series.findIndex((_, i) => selection.from[i]! <= moment && moment < selection.to[i]!);
        if (part < 0) continue;
        const group = selection.group[part]!;
        const answering = partsOf(tiers).filter(({ from, to }) => from <= moment && moment < to);
        const isBefore = moment < (before.get('e') ?? -Infinity);
        const isHole = holes.get(group)?.has(bucketAt(plan.buckets, moment)) === true;
        const wasNothing = moment < (kept?.began ?? -Infinity);
        if (answering.length === 0) expect(isBefore || isHole || wasNothing).toBe(true);
        else expect(answering.map((each) => each.group)).toEqual([group]);
        if (isBefore) expect(answering).toEqual([]);
        seen.add(answering[0]?.source ?? (isBefore ? 'before' : isHole ? 'hole' : 'nothing'));
      }
      expect(before.get('e') ?? Infinity).toBeGreaterThan(Math.max(microsOf(plan.from), kept?.began ?? -Infinity));
    });
    fc.assert(property, { numRuns: 300 });
    expect([...seen].sort()).toEqual(['1h', '1m', 'before', 'hole', 'nothing', 'raw']);
  });

  it('takes buckets that are listed as it takes the same of a fixed length', () => {
    const seen = new Set<string>();
    const property = fc.property(question, stored, (asked, of) => {
      const plan = planOf(asked);
      fc.pre(plan.buckets?.kind === 'fixed');
      const selection = selectSeries(knownOf(of), plan);
      const tiers = planTiers(plan, selection, viewOf(keptOf(of)));
      expect(planTiers(listed(plan), selection, viewOf(keptOf(of)))).toEqual(tiers);
      seen.add(tiers.source);
    });
    fc.assert(property, { numRuns: 300 });
    expect([...seen].sort()).toEqual(['1h', '1m', 'raw']);
  });

  it.each([
    ['Asia/Kolkata', 'fixed'],
    ['Australia/Adelaide', 'listed'],
  ] as const)(
    'reaches as far back as hours do by the days of %s, which divide them, with readings for the rest where there are any',
    (zone, kind) => {
      const plan = planOf({ from: 0, length: 40 * 24 * 60, odd: 0, step: '1d', timeZone: zone });
      expect(plan.buckets?.kind).toBe(kind);
      const of = { changes: [], raw: 10 * 24, '1m': 10 * 24, '1h': 0, began: undefined };
      const view = { ...viewOf(keptOf(of)), rolledTo: microsOf(T0 + 39 * 24 * HOUR) };
      const tiers = planTiers(plan, selectSeries(knownOf(of), plan), view);
      const { parts, expired } = tiers;
      expect([tiers.source, expired.before.size, parts['1h'].from[0]]).toEqual(['1h', 0, microsOf(T0)]);
      const lacking = [...(expired.holes.get(0) ?? [])].sort((a, b) => a - b);
      const last = bucketAt(plan.buckets, microsOf(T0 + 10 * 24 * HOUR) - 1);
      expect(lacking).toEqual(Array.from({ length: last + 1 }, (_, day) => day));
      expect(parts.raw.from.length).toBeGreaterThanOrEqual(29);
    },
  );

  it('takes of rollups whole steps within one bucket, and readings only where there are any', () => {
    const property = fc.property(question, stored, (asked, of) => {
      const plan = planOf(asked);
      const kept = keptOf(of);
      const view = viewOf(kept);
      for (const { source, from, to } of partsOf(planTiers(plan, selectSeries(knownOf(of), plan), view))) {
        expect(from).toBeGreaterThanOrEqual(kept?.[source] ?? -Infinity);
        if (source === 'raw') continue;
        const step = STEP[source];
        expect([from % step, to % step]).toEqual([0, 0]);
        const steps = Array.from({ length: (to - from) / step }, (_, n) => from + n * step);
        expect(steps.filter((at) => bucketAt(plan.buckets, at) !== bucketAt(plan.buckets, at + step - 1))).toEqual([]);
      }
    });
    fc.assert(property, { numRuns: 100 });
  });
});
