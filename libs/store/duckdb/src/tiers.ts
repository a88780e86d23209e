import { HOUR_MICROS, MINUTE_MICROS, type RollupTier } from '@seawall/query';

export { HOUR_MICROS, MINUTE_MICROS, type RollupTier };

/** A rollup: its tables, and how long a row of it lasts. */
export interface Tier {
  readonly name: RollupTier;
  readonly rollup: string;
  readonly sketch: string;
  readonly stepMicros: number;
}

export const DAY_MICROS = 24 * HOUR_MICROS;

export const MINUTES: Tier = { name: '1m', rollup: 'rollup_1m', sketch: 'sketch_1m', stepMicros: MINUTE_MICROS };
export const HOURS: Tier = { name: '1h', rollup: 'rollup_1h', sketch: 'sketch_1h', stepMicros: HOUR_MICROS };
/** From the finest. */
export const TIERS: readonly Tier[] = [MINUTES, HOURS];

/** What has been made of the readings of an hour beside its own row; bits. */
export const HourParts = { none: 0, minutes: 1, sketches: 2 } as const;

/** The order of a rollup's rows in the file: see `sealedOrder`. */
export function rollupOrder({ stepMicros }: Tier): string {
  return `start // ${DAY_MICROS / stepMicros}, series, CASE WHEN series % 2 = 0 THEN start::BIGINT ELSE -start::BIGINT END`;
}
