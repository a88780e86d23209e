import type { QuerySource } from '@seawall/model';

/** What history is kept in, from the finest to the coarsest: readings, and their sums by the minute and by the hour. */
export const TIERS = ['raw', '1m', '1h'] as const satisfies readonly QuerySource[];

/** How long a tier is kept, in ms, by domain; `*` for the domains not named. Infinity, or nothing said: for good. */
export type TierRetention = Readonly<Record<string, number>>;

/** How long readings (`raw`) and rollups (`1m`, `1h`) are kept. */
export type Retention = Readonly<Record<QuerySource, TierRetention>>;

export const KEEP_FOR_GOOD: Retention = { raw: {}, '1m': {}, '1h': {} };

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How long the domain is kept in the tier, in ms. */
export function keptFor(tier: TierRetention, domain: string): number {
  if (Object.hasOwn(tier, domain)) return tier[domain]!;
  return Object.hasOwn(tier, '*') ? tier['*']! : Infinity;
}

/**
 * What lies before this moment (epoch ms) has expired. It is the begin of a day, so that whole days go at once; of an
 * hour where less than four days are kept, and of a minute where less than four hours are: so what is kept is at least
 * `keepMs` and at most a quarter more. -Infinity for what is kept for good.
 */
export function expiresBefore(now: number, keepMs: number): number {
  if (keepMs === Infinity) return -Infinity;
  const grain = keepMs >= 4 * DAY_MS ? DAY_MS : keepMs >= 4 * HOUR_MS ? HOUR_MS : MINUTE_MS;
  return Math.floor((now - keepMs) / grain) * grain;
}
