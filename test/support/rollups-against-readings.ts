import type { QueryPlan, Series } from '@seawall/model';
import { KEEP_FOR_GOOD, type SeriesStore } from '@seawall/ports';
import { openDuckDbStore } from '@seawall/store-duckdb';
import { join } from 'node:path';
import { plainBuckets, type PlainAggregate, type PlainBucket } from './plain-buckets.ts';

const AGGREGATES = ['count', 'sum', 'mean', 'min', 'max', 'first', 'last', 'stddev', 'rate'] as const;
const STEPS = { '1m': 60_000, '1h': 3_600_000 } as const;
type Step = keyof typeof STEPS;

export interface RollupCheck {
  /** Stored. */
  readonly readings: number;
  /** Buckets compared, by step. */
  readonly compared: Readonly<Record<Step, number>>;
  /** What the store said it answered from, by step: series answered, by source. */
  readonly sources: Readonly<Record<Step, Readonly<Record<string, number>>>>;
  /** Sentences; none is good. No more than a few. */
  readonly differences: readonly string[];
}

const MANY = 20;

/**
 * Opens the store of a stopped hub, lets it finish its background work, and holds every minute and hour of every series,
 * as it answers them, against plain arithmetic over the readings, as it answers those.
 * @param steps the minutes of much are much
 */
export async function compareRollups(dataDir: string, steps: readonly Step[] = ['1m', '1h']): Promise<RollupCheck> {
  const store = await openDuckDbStore({ path: join(dataDir, 'series.duckdb'), queryTimeoutMs: 600_000 });
  try {
    while (await store.maintain({ now: Date.now(), retention: KEEP_FOR_GOOD }));
    const compared = { '1m': 0, '1h': 0 };
    const sources: Record<Step, Record<string, number>> = { '1m': {}, '1h': {} };
    const differences: string[] = [];
    for (const of of await domainsAndMetrics(store)) {
      const readings = await readingsOf(store, of);
      for (const step of steps) {
        for await (const { device, source, buckets } of rollupsOf(store, of, step)) {
          const { time, value } = readings.get(device) ?? { time: [], value: [] };
          const wanted = plainBuckets(time, value, STEPS[step]);
          sources[step][source] = (sources[step][source] ?? 0) + 1;
          compared[step] += buckets.size;
          const name = `${of.domain} ${device} ${of.metric} by ${step}`;
          if (differences.length < MANY) differences.push(...difference(name, wanted, buckets));
        }
      }
    }
    return { readings: (await store.status()).readings, compared, sources, differences };
  } finally {
    await store.close();
  }
}

type DomainAndMetric = Omit<Series, 'device'>;

async function domainsAndMetrics(store: SeriesStore): Promise<DomainAndMetric[]> {
  const found = new Map<string, DomainAndMetric>();
  let after: string | null = null;
  do {
    const page: { items: readonly Series[]; next: string | null } = await store.series(
      {},
      { limit: 1000, ...(after !== null && { after }) },
    );
    for (const { domain, metric } of page.items) found.set(`${domain} ${metric}`, { domain, metric });
    after = page.next;
  } while (after !== null);
  return [...found.values()];
}

interface Columns {
  readonly time: number[];
  readonly value: number[];
}

async function readingsOf(store: SeriesStore, of: DomainAndMetric): Promise<Map<string, Columns>> {
  const readings = new Map<string, Columns>();
  for await (const { labels, time, values } of store.query(plan(of))) {
    const { device } = labels;
    const columns = readings.get(device!) ?? { time: [], value: [] };
    readings.set(device!, columns);
    for (let i = 0; i < time.length; i++) {
      columns.time.push(time[i]!);
      columns.value.push(values['value']![i]!);
    }
  }
  return readings;
}

interface Answered {
  readonly device: string;
  readonly source: string;
  readonly buckets: Map<number, Readonly<Record<string, number>>>;
}

async function* rollupsOf(store: SeriesStore, of: DomainAndMetric, step: Step): AsyncGenerator<Answered> {
  const buckets = { kind: 'fixed', origin: 0, stepMs: STEPS[step] } as const;
  const asked = { ...plan(of), step, buckets, aggregate: AGGREGATES, groupBy: ['device'] };
  let current: Answered | undefined;
  for await (const { labels, time, values, source = 'raw' } of store.query(asked)) {
    if (current === undefined || current.device !== labels['device']) {
      if (current !== undefined) yield current;
      current = { device: labels['device']!, source, buckets: new Map() };
    }
    for (let i = 0; i < time.length; i++) {
      const of = Object.fromEntries(AGGREGATES.map((aggregate) => [aggregate, values[aggregate]![i]!]));
      current.buckets.set(time[i]!, of);
    }
  }
  if (current !== undefined) yield current;
}

function plan({ domain, metric }: DomainAndMetric): QueryPlan {
  return {
    metrics: [metric],
    where: { domain: [domain] },
    // Whole days around everything, so that no bucket is cut.
    from: 0,
    to: Math.ceil(Date.now() / 86_400_000 + 2) * 86_400_000,
    aggregate: [],
    groupBy: [],
    fill: 'none',
    limit: Number.MAX_SAFE_INTEGER,
    step: null,
    timeZone: 'UTC',
  };
}

function difference(
  name: string,
  wanted: ReadonlyMap<number, PlainBucket>,
  found: ReadonlyMap<number, Readonly<Record<string, number>>>,
): string[] {
  if (wanted.size !== found.size) return [`${name}: ${found.size} buckets instead of ${wanted.size}`];
  for (const [start, bucket] of wanted) {
    const at = `${name} at ${new Date(start).toISOString()}`;
    const other = found.get(start);
    if (other === undefined) return [`${at}: nothing`];
    const wrong = AGGREGATES.find((aggregate) => !isClose(aggregate, bucket, other[aggregate]!));
    if (wrong !== undefined) return [`${at}: ${wrong} ${other[wrong]} instead of ${bucket[wrong]}`];
  }
  return [];
}

/** The rounding the contract with the outside allows, and for what is a difference of squares its root. */
function isClose(aggregate: PlainAggregate, bucket: PlainBucket, value: number): boolean {
  const wanted = bucket[aggregate];
  if (Number.isNaN(wanted) || Number.isNaN(value)) return Number.isNaN(wanted) && Number.isNaN(value);
  const size = Math.max(1, Math.abs(wanted), Math.abs(bucket.min), Math.abs(bucket.max));
  const tolerance = aggregate === 'sum' ? 1e-9 * bucket.count * size : 1e-9 * size;
  return Math.abs(wanted - value) <= (aggregate === 'stddev' ? Math.max(tolerance, 1e-7 * size) : tolerance);
}
