import { microsOf } from '@seawall/model';
import { expiresBefore, keptFor, type MaintenanceOptions } from '@seawall/ports';
import type { Catalogue } from './catalogue.ts';
import type { InfluxConnection } from './influx-connection.ts';
import { allOf, identifier, moment, string, tag } from './influx-ql.ts';
import { measurementName, tagValue } from './influx-names.ts';
import { BUT_KEPT } from './keep-measurements.ts';
import type { ReadingCounts } from './reading-counts.ts';
import { COUNTS } from './store-state.ts';

/** Readings of a domain that have expired: those before this moment, in microseconds. */
export interface Expired {
  readonly domain: string;
  readonly before: number;
}

/** A domain that holds readings which have expired; undefined where none does. */
export function nextExpired(
  catalogue: Catalogue,
  counts: ReadingCounts,
  { now, retention }: MaintenanceOptions,
): Expired | undefined {
  for (const domain of new Set(catalogue.stored().map((series) => series.domain))) {
    const before = microsOf(expiresBefore(now, keptFor(retention.raw, domain)));
    if (counts.hasBefore(domain, before)) return { domain, before };
  }
  return undefined;
}

/** Removes what has expired of a domain. */
export async function expire(
  connection: InfluxConnection,
  { domain, before }: Expired,
  signal: AbortSignal | undefined,
): Promise<void> {
  const older = `time < ${moment(before)}`;
  await connection.rows(`DELETE FROM ${identifier(measurementName(domain))} WHERE ${allOf([BUT_KEPT, older])}`, {
    policy: 'raw',
    signal,
  });
  const ofDomain = `${tag('domain')} = ${string(tagValue(domain))}`;
  await connection.rows(`DELETE FROM ${identifier(COUNTS)} WHERE ${allOf([ofDomain, older])}`, {
    policy: 'hub',
    signal,
  });
}

/** What is known of the domain without what has expired. */
export function forgetExpired(catalogue: Catalogue, counts: ReadingCounts, { domain, before }: Expired): void {
  counts.expire(domain, before);
  catalogue.stored().forEach((series, id) => {
    if (series.domain === domain && catalogue.latest.micros(id) < before) catalogue.latest.forget(id);
  });
}
