import type { QuerySource } from '@seawall/model';

export const MINUTE_MICROS = 60_000_000;
export const HOUR_MICROS = 60 * MINUTE_MICROS;

export type RollupTier = Exclude<QuerySource, 'raw'>;

/** From when on tiers hold anything of a domain, in microseconds; absent: nothing has expired. */
export interface KeptSince extends Readonly<Partial<Record<QuerySource, number>>> {
  /** The begin of the first hour of which something has expired; absent where nobody knows: before it there was nothing. */
  readonly began?: number;
}

/**
 * What is kept of a domain when readings go.
 * @param before all before this moment go @param oldest the first of them
 * @param outlive rollups that have been made of them; what others hold begins where readings end
 */
export function keptAfter(
  kept: KeptSince,
  before: number,
  oldest: number,
  outlive: readonly { readonly name: RollupTier }[],
): KeptSince {
  const since = (name: RollupTier) =>
    outlive.some((tier) => tier.name === name) ? (kept[name] ?? 0) : Math.max(kept[name] ?? 0, before);
  // What went before anybody noted it, nobody knows.
  const isKnown = kept.raw === undefined || kept.began !== undefined;
  const began = Math.min(kept.began ?? Infinity, Math.floor(oldest / HOUR_MICROS) * HOUR_MICROS);
  return { raw: Math.max(kept.raw ?? 0, before), '1m': since('1m'), '1h': since('1h'), ...(isKnown && { began }) };
}
