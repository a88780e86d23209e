import type { Feature } from './map-geometry.ts';
import type { RejectionView } from './overview.ts';
import { metricKey } from './overview.ts';

export interface HistorySeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly time: readonly number[];
  readonly values: Readonly<Record<string, readonly number[]>>;
}

interface RuleItem {
  readonly rule: {
    readonly when: {
      readonly domain: string;
      readonly metric: string;
      readonly aggregate: string;
      /** Of a rule on silence, whose limit is a number of devices. */
      readonly absent?: object;
      readonly above?: number;
      readonly below?: number;
      readonly outside?: readonly number[];
    };
  };
}

/** @throws Error with the hub's sentence */
async function ask<T>(path: string, init?: RequestInit): Promise<T> {
  const response = await fetch(path, init);
  const body = (await response.json()) as T & { readonly detail?: string };
  if (!response.ok) throw new Error(body.detail ?? `The hub answered ${response.status}.`);
  return body;
}

/** The outlines of the districts; none where the hub was given no map. */
export async function fetchMap(): Promise<readonly Feature[]> {
  const response = await fetch('/map.geojson');
  if (response.status === 404) return [];
  if (!response.ok) throw new Error(`The hub answered ${response.status} for its map.`);
  return ((await response.json()) as { readonly features: readonly Feature[] }).features;
}

export async function fetchRejections(): Promise<readonly RejectionView[]> {
  return (await ask<{ readonly items: readonly RejectionView[] }>('/api/v1/rejections?limit=20')).items;
}

/** Five-minute means by district. @param from, to epoch ms */
export async function fetchHistory(
  domain: string,
  metric: string,
  from: number,
  to: number,
): Promise<readonly HistorySeries[]> {
  const query = {
    metrics: [metric],
    where: { domain: [domain] },
    from,
    to,
    step: '5m',
    aggregate: ['mean'],
    groupBy: ['district'],
  };
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(query) };
  return (await ask<{ readonly series: readonly HistorySeries[] }>('/api/v1/query', init)).series;
}

/** Where rules have their limits, by `metricKey`. Sums, counts and silences are left out: nothing here is drawn in their measure. */
export async function fetchLimits(): Promise<ReadonlyMap<string, readonly number[]>> {
  const { items } = await ask<{ readonly items: readonly RuleItem[] }>('/api/v1/rules?limit=1000');
  const limits = new Map<string, readonly number[]>();
  for (const { rule } of items) {
    const { aggregate, absent, above, below, outside = [] } = rule.when;
    if (absent !== undefined || aggregate === 'sum' || aggregate === 'count') continue;
    const key = metricKey(rule.when);
    const own = [above, below, ...outside].filter((limit) => limit !== undefined);
    limits.set(key, [...new Set([...(limits.get(key) ?? []), ...own])]);
  }
  return limits;
}
