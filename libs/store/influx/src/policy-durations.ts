import { StoreUnavailableError, type Retention, type TierRetention } from '@seawall/ports';
import type { RollupTier } from '@seawall/query';
import { identifier } from './influx-ql.ts';
import type { InfluxConnection } from './influx-connection.ts';
import type { MaintenanceContext } from './maintenance.ts';
import { policiesLine } from './store-state.ts';

type LimitedPolicy = 'raw' | RollupTier;

/** How long InfluxDB itself keeps what is in a policy, in ms, as the hub has set it; null: for good. */
export type PolicyDurations = Readonly<Partial<Record<LimitedPolicy, number | null>>>;

const DAY_MS = 86_400_000;
/** InfluxDB keeps nothing shorter than it is cut into. */
const SHARDS_MS: Readonly<Record<LimitedPolicy, number>> = { raw: 7 * DAY_MS, '1m': 28 * DAY_MS, '1h': 364 * DAY_MS };

/**
 * Has InfluxDB let go by itself what no domain keeps. What some keep longer than others is removed by `expireStep`, to the
 * day. Policies that the hub never gave a duration keep the one that somebody else gave them, unless it has one to give.
 */
export async function policyStep({ connection, loaded, now, retention, commit }: MaintenanceContext): Promise<boolean> {
  const { rollups } = loaded;
  const wanted = durationsOf(retention, Math.max(0, Date.now() - now));
  for (const policy of Object.keys(SHARDS_MS) as LimitedPolicy[]) {
    if ((rollups.durations[policy] ?? null) === wanted[policy] || rollups.notLimited.has(policy)) continue;
    try {
      await setDuration(connection, policy, wanted[policy] ?? null);
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      // What has expired is removed all the same.
      rollups.notLimited.add(policy);
      continue;
    }
    const durations = { ...rollups.durations, [policy]: wanted[policy] };
    await commit(
      () => [[policiesLine(durations)]],
      () => (rollups.durations = durations),
    );
    return true;
  }
  return false;
}

/**
 * Readings as long as anything that is made of them, since a late one gets into rollups by being among them.
 * @param behindMs how far the time by which readings are old is behind that of InfluxDB
 */
export function durationsOf({ raw, '1m': minutes, '1h': hours }: Retention, behindMs: number): PolicyDurations {
  const longest = (tiers: readonly TierRetention[]) => Math.max(...tiers.map(longestOf));
  const duration = (policy: LimitedPolicy, keptMs: number): number | null => {
    if (keptMs === Infinity) return null;
    // A day's end is waited for, clocks differ, and time may be behind by a part of a day.
    const days = Math.ceil(keptMs / DAY_MS) + Math.floor(behindMs / DAY_MS) + 3;
    return Math.max(SHARDS_MS[policy], days * DAY_MS);
  };
  return {
    raw: duration('raw', longest([raw, minutes, hours])),
    '1m': duration('1m', longest([minutes])),
    '1h': duration('1h', longest([hours])),
  };
}

function longestOf(tier: TierRetention): number {
  return Object.hasOwn(tier, '*') ? Math.max(...Object.values(tier)) : Infinity;
}

async function setDuration(connection: InfluxConnection, policy: LimitedPolicy, ms: number | null): Promise<void> {
  if ((await connection.api()) === 1) {
    const duration = ms === null ? 'INF' : `${ms / DAY_MS}d`;
    await connection.rows(
      `ALTER RETENTION POLICY ${identifier(policy)} ON ${identifier(connection.database)} DURATION ${duration}`,
    );
    return;
  }
  // InfluxDB 3 has nothing of the kind for a bucket.
  if (!/^v?2\./.test(await connection.version())) return;
  const query = new URLSearchParams({
    name: connection.bucket(policy),
    ...(connection.org && { org: connection.org }),
  });
  const { buckets = [] } = (await connection.json('GET', `/api/v2/buckets?${query.toString()}`)) as {
    buckets?: { readonly id: string }[];
  };
  const retentionRules = ms === null ? [] : [{ type: 'expire', everySeconds: ms / 1000 }];
  for (const { id } of buckets) await connection.json('PATCH', `/api/v2/buckets/${id}`, { retentionRules });
}
