import type { SeriesStoreStatus } from '@seawall/ports';
import type { Catalogue } from './catalogue.ts';
import { countReadings } from './count-readings.ts';
import type { InfluxConnection } from './influx-connection.ts';
import { allOf, field, measurementOf, string, within } from './influx-ql.ts';
import { fieldName, measurementName } from './influx-names.ts';
import type { Loaded } from './open-influx-store.ts';
import type { Rollups } from './rollups.ts';
import { HOUR_MICROS, type ReadingCounts } from './reading-counts.ts';

/** What the store holds; what is uncertain is counted by InfluxDB. */
export async function statusOf(
  connection: InfluxConnection,
  { catalogue, counts, rollups, sinceOpening }: Loaded,
): Promise<SeriesStoreStatus> {
  await countReadings(connection, counts);
  const domains: Record<string, number> = {};
  for (const { domain, count } of counts.all()) domains[domain] = (domains[domain] ?? 0) + (count ?? 0);
  const readings = Object.values(domains).reduce((sum, count) => sum + count, 0);
  const [series, newest] = seriesAndNewest(catalogue, rollups);
  const all = new Set(catalogue.stored().map(({ domain }) => domain));
  const oldest = await oldestOf(connection, catalogue, counts);
  const range = readings === 0 || oldest === Infinity ? [null, null] : [oldest / 1000, newest / 1000];
  return {
    readings,
    series,
    bytes: await bytesOnDisk(connection),
    domains,
    expiredAtOnce: sinceOpening.expiredAtOnce,
    tiers: {
      raw: { rows: readings, oldest: range[0]!, newest: range[1]! },
      '1m': await rollups.rows['1m'].status(connection, all),
      '1h': await rollups.rows['1h'].status(connection, all),
    },
  };
}

function seriesAndNewest(catalogue: Catalogue, { kept }: Rollups): readonly [number, number] {
  let [series, newest] = [0, -Infinity];
  for (let id = 0; id < catalogue.storedSeries; id++) {
    // Of a series whose readings have expired rollups remember the latest.
    if (catalogue.latest.micros(id) < (kept.get(catalogue.table.at(id).domain)?.raw ?? -Infinity) || !catalogue.has(id))
      continue;
    series++;
    newest = Math.max(newest, catalogue.latest.micros(id));
  }
  return [series, newest];
}

/** In the first hour that has readings, of any domain. */
async function oldestOf(connection: InfluxConnection, catalogue: Catalogue, counts: ReadingCounts): Promise<number> {
  const hours = counts.all().filter(({ count }) => count !== undefined);
  const first = hours.reduce((least, { hour }) => Math.min(least, hour), Infinity);
  if (first === Infinity) return Infinity;
  const domains = new Set(hours.filter(({ hour }) => hour === first).map(({ domain }) => domain));
  const fields = new Map(
    catalogue
      .stored()
      .filter(({ domain }) => domains.has(domain))
      .map(({ domain, metric }) => [JSON.stringify([domain, metric]), { domain, metric }]),
  );
  let oldest = Infinity;
  for (const { domain, metric } of fields.values()) {
    const source = measurementOf('raw', measurementName(domain));
    const statement = `SELECT first(${field(fieldName(metric))}) FROM ${source} WHERE ${allOf([within(first, first + HOUR_MICROS)])}`;
    for (const { values } of await connection.rows(statement, { policy: 'raw' }))
      for (const [micros] of values) oldest = Math.min(oldest, micros as number);
  }
  return oldest;
}

/** InfluxDB 1 tells it to administrators; of others it is not known, which is 0. */
async function bytesOnDisk(connection: InfluxConnection): Promise<number> {
  if ((await connection.api()) !== 1) return 0;
  let bytes = 0;
  try {
    for (const { tags, columns, values } of await connection.rows(`SHOW STATS FOR ${string('shard')}`)) {
      const at = columns.indexOf('diskBytes');
      if (tags['database'] === connection.database) for (const row of values) bytes += Number(row[at] ?? 0);
    }
  } catch {
    return 0;
  }
  return bytes;
}
