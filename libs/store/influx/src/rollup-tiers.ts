import { HOUR_MICROS, MINUTE_MICROS, type RollupTier } from '@seawall/query';
import { fieldName, measurementName } from './influx-names.ts';

/** A rollup: the policy it is kept in, and how long a row of it lasts. */
export interface Tier {
  readonly name: RollupTier;
  readonly stepMicros: number;
}

export const MINUTES: Tier = { name: '1m', stepMicros: MINUTE_MICROS };
export const HOURS: Tier = { name: '1h', stepMicros: HOUR_MICROS };
/** From the finest. */
export const TIERS: readonly Tier[] = [MINUTES, HOURS];

/**
 * "environment/1h": rows of a domain. Not the domain alone, since InfluxDB deletes from every policy that has a
 * measurement of that name.
 */
export function rollupMeasurement(domain: string, tier: RollupTier): string {
  return `${measurementName(domain)}/${tier}`;
}

/** How many readings a row is made of, of all its metrics: the one field that every row has. */
export const ROW_READINGS = 'readings';

/**
 * What a row says of a metric's readings. `m2` is the sum of their squared deviations from the mean, `first_at` and `last_at`
 * are microseconds from the row's time on, `increases` says how many readings have one before them, `sketch` is there
 * where readings have expired or are about to. A row that is made anew leaves the scaled fields of the one before; they
 * count only where the field that they stand for is at its limit.
 */
export const ROW_FIELDS = [
  'count',
  'sum',
  'mean',
  'm2',
  'min',
  'max',
  'first',
  'first_at',
  'last',
  'last_at',
  'increase',
  'increases',
  'sketch',
  'scaled_sum',
  'scaled_m2',
  'scaled_increase',
] as const;
export type RowField = (typeof ROW_FIELDS)[number];

/** The fields that tell of values made smaller, by SUM_SCALE or SQUARE_SCALE, where one is beyond what a double holds. */
export const SCALED_OF = { sum: 'scaled_sum', m2: 'scaled_m2', increase: 'scaled_increase' } as const;
export type ScalableField = keyof typeof SCALED_OF;

/** `pm25:mean` */
export function rowField(metric: string, of: RowField): string {
  return `${fieldName(metric)}:${of}`;
}
