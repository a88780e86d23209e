import { REJECTION_REASONS, SEVERITIES } from '@seawall/model';
import type { TierStatus } from '@seawall/ports';
import type { ApiContext } from '../context.ts';
import { answerWithin } from '../http/answer-within.ts';
import type { MetricFamily, MetricSample } from './metric-family.ts';

/** Figures the ports keep anyway; a part that can not answer is reported as such and hides nothing of the others. */
export async function portMetrics(api: ApiContext): Promise<readonly MetricFamily[]> {
  const parts = await Promise.all([
    attempt(api, 'store', () => answerWithin(api.limits.storeMs, storeMetrics(api))),
    attempt(api, 'registry', () => registryMetrics(api)),
    attempt(api, 'journal', async () => journalMetrics(api)),
  ]);
  const answered = parts.map(({ part, families }) => ({ labels: { part }, value: families === undefined ? 0 : 1 }));
  return [
    family('seawall_part_answers', 'Whether a part answered this scrape.', answered),
    family('seawall_check_ok', 'The checks of /readyz.', checkSamples(api)),
    family('seawall_http_streams', 'Event streams that are open.', [{ value: api.streams.taken }]),
    family('seawall_http_queries', 'Queries that run.', [{ value: api.queries.taken }]),
    family('seawall_http_held_bytes', 'Bytes of request bodies held.', [{ value: api.held.taken }]),
    ...parts.flatMap(({ families }) => families ?? []),
  ];
}

async function attempt(
  api: ApiContext,
  part: string,
  ask: () => Promise<readonly MetricFamily[]>,
): Promise<{ part: string; families: readonly MetricFamily[] | undefined }> {
  try {
    return { part, families: await ask() };
  } catch (error) {
    api.log.warn(`The ${part} did not answer a scrape of its metrics.`, { cause: String(error) });
    return { part, families: undefined };
  }
}

function checkSamples(api: ApiContext): readonly MetricSample[] {
  return api.health().checks.map(({ name, ok }) => ({ labels: { check: name }, value: ok ? 1 : 0 }));
}

function journalMetrics(api: ApiContext): readonly MetricFamily[] {
  const { writable, lastSeq, firstSeq, lastStamp, bytes, keptBytes, consumers } = api.journal.status();
  const lags = consumers.map(({ name, seq }) => ({ labels: { consumer: name }, value: lastSeq - seq }));
  return [
    family(
      'seawall_journal_writable',
      '0 after a failed write, until a later one has succeeded, and while there is no room for what comes from outside.',
      [{ value: writable ? 1 : 0 }],
    ),
    family('seawall_journal_first_seq', 'Sequence of the first entry that is kept.', [{ value: firstSeq }]),
    family('seawall_journal_last_seq', 'Sequence of the last entry.', [{ value: lastSeq }]),
    family('seawall_journal_last_stamp_seconds', 'Stamp of the last entry, epoch seconds.', [
      { value: lastStamp / 1000 },
    ]),
    family('seawall_journal_bytes', "Size of the journal's file.", [{ value: bytes }]),
    family(
      'seawall_journal_kept_bytes',
      'Of the entries that are kept; the file may be larger.',
      keptBytes === undefined ? [] : [{ value: keptBytes }],
    ),
    family('seawall_journal_lag_entries', 'Entries a consumer has yet to read.', lags),
  ];
}

async function storeMetrics(api: ApiContext): Promise<readonly MetricFamily[]> {
  const { readings, series, bytes, domains = {}, unsealed, expiredAtOnce, tiers } = await api.store.status();
  const byTier = (value: (tier: TierStatus) => number | null): MetricSample[] =>
    Object.entries(tiers).flatMap(([tier, status]) => {
      const of = value(status);
      return of === null ? [] : [{ labels: { tier }, value: of }];
    });
  return [
    family('seawall_store_readings', 'Readings in the series store.', [{ value: readings }]),
    family('seawall_store_series', 'Series in the series store.', [{ value: series }]),
    family('seawall_store_bytes', 'Size of the series store.', [{ value: bytes }]),
    family(
      'seawall_store_domain_readings',
      'Readings of a domain in the series store.',
      Object.entries(domains).map(([domain, value]) => ({ labels: { domain }, value })),
    ),
    family(
      'seawall_store_unsealed_readings',
      'Of the readings, those that background work has yet to order.',
      unsealed === undefined ? [] : [{ value: unsealed }],
    ),
    {
      ...family(
        'seawall_store_expired_at_once_total',
        'Points (what a device says at one moment) that the engine dropped as they came, being older than it keeps; since the start.',
        expiredAtOnce === undefined ? [] : [{ value: expiredAtOnce }],
      ),
      kind: 'counter',
    },
    family(
      'seawall_store_tier_rows',
      'Readings (raw), and rows of their sums by the minute (1m) and by the hour (1h).',
      byTier(({ rows }) => rows),
    ),
    family(
      'seawall_store_tier_oldest_seconds',
      'Event time of the oldest of them, epoch seconds.',
      byTier(({ oldest }) => oldest && oldest / 1000),
    ),
  ];
}

async function registryMetrics(api: ApiContext): Promise<readonly MetricFamily[]> {
  const [counts, active] = await Promise.all([api.registry.rejectionCounts(), api.registry.activeAlerts()]);
  const rejections = REJECTION_REASONS.map((reason) => ({ labels: { reason }, value: counts[reason] ?? 0 }));
  const firing = SEVERITIES.map((severity) => ({ labels: { severity }, value: active[severity] ?? 0 }));
  return [
    { ...family('seawall_rejections_total', 'Rejections by reason.', rejections), kind: 'counter' },
    family('seawall_alerts_firing', 'Alerts that fire now.', firing),
  ];
}

function family(name: string, help: string, samples: readonly MetricSample[]): MetricFamily {
  return { name, help, kind: 'gauge', samples };
}
