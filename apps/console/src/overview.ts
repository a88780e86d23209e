/** What the hub tells on `/api/v1/stream/overview`, as far as the page reads it. Times are epoch ms. */
export interface DistrictCells {
  readonly district: readonly string[];
  readonly count: readonly number[];
  readonly mean: readonly number[];
  readonly min: readonly number[];
  readonly max: readonly number[];
  readonly latest: readonly number[];
}

export interface MetricView {
  readonly domain: string;
  readonly metric: string;
  readonly unit: string | null;
  readonly states: Readonly<Record<string, string>> | null;
  readonly latest: number;
  readonly districts: DistrictCells;
}

export interface DomainView {
  readonly domain: string;
  readonly devices: number;
  readonly readingsPerSecond: number;
  readonly rejectionsPerSecond: number;
  readonly latest: number | null;
}

export const SEVERITIES = ['critical', 'major', 'minor', 'warning', 'info'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Times are RFC 3339. */
export interface AlertView {
  readonly id: string;
  readonly state: string;
  readonly severity: Severity;
  readonly rule: string;
  readonly summary: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Where it is, also when its labels name only a device. */
  readonly district: string | null;
  readonly metric: string;
  readonly unit: string | null;
  readonly value: number;
  readonly startsAt: string;
  readonly updatedAt: string;
  readonly ack: { readonly by: string; readonly at: string; readonly comment: string } | null;
  readonly evidence: {
    readonly domain: string;
    readonly aggregate: string;
    readonly windowStart: string;
    readonly windowEnd: string;
    readonly count: number;
    readonly threshold: string;
  };
}

export interface RejectionView {
  readonly id: string;
  readonly reason: string;
  readonly detail: string;
  readonly topic: string;
  readonly device?: string;
  readonly domain?: string;
  readonly pointer: string;
  readonly receivedAt: string;
  readonly sample: string;
}

export interface OverviewEvent {
  readonly at: number;
  readonly reset: boolean;
  readonly complete: boolean;
  readonly domains: readonly DomainView[];
  readonly metrics: readonly MetricView[];
  readonly rejections: {
    readonly perSecond: number;
    readonly lastMinute: Readonly<Record<string, number>>;
    readonly latest: readonly RejectionView[];
  };
  readonly alerts: { readonly active: Readonly<Record<Severity, number>>; readonly changed: readonly AlertView[] };
}

/** Everything the page shows of the city. */
export interface City {
  readonly at: number;
  readonly complete: boolean;
  readonly domains: readonly DomainView[];
  /** By `metricKey`. */
  readonly metrics: ReadonlyMap<string, MetricView>;
  readonly alerts: ReadonlyMap<string, AlertView>;
  readonly active: Readonly<Record<Severity, number>>;
  /** Newest first. */
  readonly rejections: readonly RejectionView[];
  readonly rejectedLastMinute: Readonly<Record<string, number>>;
}

const KEPT_REJECTIONS = 50;

export const EMPTY_CITY: City = {
  at: 0,
  complete: true,
  domains: [],
  metrics: new Map(),
  alerts: new Map(),
  active: { critical: 0, major: 0, minor: 0, warning: 0, info: 0 },
  rejections: [],
  rejectedLastMinute: {},
};

/** Names hold no slash in domains, so this is unambiguous; it is also the page's address after `#`. */
export function metricKey({ domain, metric }: { readonly domain: string; readonly metric: string }): string {
  return `${domain}/${metric}`;
}

export function applyOverview(city: City, event: OverviewEvent): City {
  const metrics = new Map(event.reset ? [] : city.metrics);
  for (const metric of event.metrics) metrics.set(metricKey(metric), metric);
  const alerts = new Map(event.reset ? [] : city.alerts);
  for (const alert of event.alerts.changed) {
    if (alert.state === 'firing') alerts.set(alert.id, alert);
    else alerts.delete(alert.id);
  }
  return {
    at: event.at,
    complete: event.complete,
    domains: event.domains,
    metrics,
    alerts,
    active: event.alerts.active,
    rejections: withRejections(city.rejections, event.rejections.latest),
    rejectedLastMinute: event.rejections.lastMinute,
  };
}

/** They are kept over a reset: they are a list of what happened, not a state. @param more in any order */
export function withRejections(
  kept: readonly RejectionView[],
  more: readonly RejectionView[],
): readonly RejectionView[] {
  const byId = new Map([...kept, ...more].map((rejection) => [rejection.id, rejection]));
  return [...byId.values()].sort((a, b) => placeOf(b.id) - placeOf(a.id)).slice(0, KEPT_REJECTIONS);
}

/** "1024-3" is the fourth of entry 1024; an entry holds fewer than a million. */
function placeOf(id: string): number {
  const [seq, place] = id.split('-').map(Number);
  return (seq ?? 0) * 1e6 + (place ?? 0);
}

/** Most severe first, then newest. */
export function alertsInOrder(alerts: Iterable<AlertView>): AlertView[] {
  const rank = ({ severity }: AlertView) => SEVERITIES.indexOf(severity);
  return [...alerts].sort((a, b) => rank(a) - rank(b) || (a.startsAt < b.startsAt ? 1 : -1));
}

/** Alerts of a district, by severity counted; the gravest first. */
export function alertsIn(alerts: Iterable<AlertView>, district: string): readonly (readonly [Severity, number])[] {
  const here = [...alerts].filter((alert) => alert.district === district);
  return SEVERITIES.map(
    (severity) => [severity, here.filter((alert) => alert.severity === severity).length] as const,
  ).filter(([, count]) => count > 0);
}

/** Readings older than this are not of now. */
export const STALE_MS = 15 * 60_000;

/** How the newest reading of all lies behind the hub's clock; undefined where it does not. */
export function behind({ at, domains }: City): { readonly newest: number; readonly catchingUp: boolean } | undefined {
  const newest = Math.max(...domains.map(({ latest }) => latest ?? -Infinity));
  if (!Number.isFinite(newest) || at - newest <= STALE_MS) return undefined;
  return { newest, catchingUp: domains.some(({ readingsPerSecond }) => readingsPerSecond > 0) };
}

/** The city's present: the hub's clock, or where its readings are while an earlier time is sent in. */
export function presentOf(city: City): number {
  const late = behind(city);
  return late?.catchingUp ? late.newest : city.at;
}

/** What to look at while nobody has chosen: what the gravest alert is about, else what a rule watches in most districts. */
export function firstMetric({ alerts, metrics }: City, limits: ReadonlyMap<string, unknown>): string | undefined {
  const alert = alertsInOrder(alerts.values()).find(({ evidence, metric }) =>
    metrics.has(metricKey({ domain: evidence.domain, metric })),
  );
  if (alert !== undefined) return metricKey({ domain: alert.evidence.domain, metric: alert.metric });
  const rank = ([key, { districts }]: readonly [string, MetricView]) =>
    (limits.has(key) ? 1e6 : 0) + districts.district.length;
  return [...metrics].sort((a, b) => rank(b) - rank(a) || (a[0] < b[0] ? -1 : 1))[0]?.[0];
}

/** Mean over all devices, whatever their district; undefined without one. */
export function cityMean({ count, mean }: DistrictCells): number | undefined {
  const devices = count.reduce((sum, n) => sum + n, 0);
  return devices === 0 ? undefined : mean.reduce((sum, value, i) => sum + value * count[i]!, 0) / devices;
}
