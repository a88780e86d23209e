import { expiresBefore, keptFor } from '@seawall/ports';
import type { DuckDBConnection } from '@duckdb/node-api';
import { microsOf } from '@seawall/model';
import type { Rolling } from './catalogue.ts';
import { engineRows } from './engine-rows.ts';
import type { MaintenanceContext } from './maintenance.ts';
import { readingsSql } from './readings-sql.ts';
import { noteRebuilt, rebuildHours, TARGET_TABLE } from './rebuild-hours.ts';
import { HOUR_MICROS, MINUTE_MICROS } from './tiers.ts';

/** Readings that are rolled up in a second or so. */
const PIECE_ROWS = 1_000_000;
const HOURS_AT_ONCE = 24;
/** An hour is rolled up some time after its end, since most late readings have come by then. */
const SETTLES_MS = 600_000;

/** Rolls up the next hours that are over; of an hour with very many readings a part of the series. */
export async function rollUpStep(context: MaintenanceContext): Promise<boolean> {
  const { background, catalogue, signal } = context;
  if (catalogue.rolling.rollingTo === catalogue.rolling.rolledTo) {
    const next = await nextHours(context);
    if (next === undefined) return false;
    // From here on whatever is written before this hour is noted as stale.
    catalogue.rolling = { ...catalogue.rolling, rollingTo: next };
  }
  const { rolledTo, rollingTo, rolledSeries } = catalogue.rolling;
  const { connection } = background;
  const range = { from: rolledTo * HOUR_MICROS, to: rollingTo * HOUR_MICROS };
  await background.transact(
    {
      claims: () => false,
      run: async () => {
        const end = await endOfPiece(connection, readingsSql(range), rolledSeries);
        await connection.run(`${TARGET_TABLE};
          INSERT INTO target SELECT DISTINCT series, time // ${HOUR_MICROS}, 0 FROM ${readingsSql(range)}
            WHERE series >= ${rolledSeries}${end === null ? '' : ` AND series < ${end}`}`);
        const rebuilt = await rebuildHours(connection, { first: rolledTo, end: rollingTo, fresh: true });
        const rolling: Rolling =
          end === null
            ? { rolledTo: rollingTo, rollingTo, rolledSeries: 0 }
            : { rolledTo, rollingTo, rolledSeries: end };
        await saveRolling(connection, rolling);
        return { rebuilt, rolling };
      },
      committed: ({ rebuilt, rolling }) => {
        noteRebuilt(catalogue, rebuilt);
        catalogue.rolling = rolling;
      },
    },
    signal,
  );
  return true;
}

function saveRolling(connection: DuckDBConnection, { rolledTo, rollingTo, rolledSeries }: Rolling): Promise<unknown> {
  return connection.run(
    `UPDATE rolling SET rolled_to = ${rolledTo}, rolling_to = ${rollingTo}, rolled_series = ${rolledSeries}`,
  );
}

/** @returns the hour up to which there is enough for a piece; undefined when no hour is over */
async function nextHours(context: MaintenanceContext): Promise<number | undefined> {
  const { background, catalogue } = context;
  const { rolledTo } = catalogue.rolling;
  const limit = Math.floor(overBefore(context) / HOUR_MICROS);
  if (limit <= rolledTo || catalogue.rows.raw + catalogue.rows.sealed === 0) return undefined;
  const { connection } = background;
  return (await endOfHours(connection, rolledTo, limit)) ?? (await endAfterGap(connection, rolledTo, limit));
}

/** @returns undefined where there is nothing for a day */
async function endOfHours(connection: DuckDBConnection, begin: number, limit: number): Promise<number | undefined> {
  const end = Math.min(limit, begin + HOURS_AT_ONCE);
  const counts = await engineRows<[number, number]>(
    connection,
    `SELECT (time // ${HOUR_MICROS})::DOUBLE AS hour, count(*)::DOUBLE
      FROM ${readingsSql({ from: begin * HOUR_MICROS, to: end * HOUR_MICROS })} GROUP BY hour ORDER BY hour`,
  );
  if (counts.length === 0) return undefined;
  let readings = 0;
  for (const [hour, count] of counts) {
    readings += count;
    if (readings >= PIECE_ROWS) return hour + 1;
  }
  return end;
}

async function endAfterGap(connection: DuckDBConnection, begin: number, limit: number): Promise<number | undefined> {
  const [first] = await engineRows<[number | null]>(
    connection,
    `SELECT min(minute)::DOUBLE FROM ${readingsSql({ from: begin * HOUR_MICROS, to: limit * HOUR_MICROS })}`,
  );
  if (first![0] === null) return undefined;
  return endOfHours(connection, Math.floor((first![0] * MINUTE_MICROS) / HOUR_MICROS), limit);
}

/** The hour in which the latest readings lie is not over, whatever the clock says, unless it is about to expire. */
function overBefore({ catalogue, now, retention }: MaintenanceContext): number {
  const domains = new Set(catalogue.stored().map(({ domain }) => domain));
  const expired = Math.max(...[...domains].map((domain) => expiresBefore(now, keptFor(retention.raw, domain))));
  return Math.min(microsOf(now - SETTLES_MS), Math.max(catalogue.newest(), microsOf(expired)));
}

/** @returns the series before which the piece ends; null if it takes all that are left */
async function endOfPiece(connection: DuckDBConnection, readings: string, from: number): Promise<number | null> {
  const [count] = await engineRows<[number]>(
    connection,
    `SELECT count(*)::DOUBLE FROM ${readings} WHERE series >= ${from}`,
  );
  if (count![0] < 2 * PIECE_ROWS) return null;
  const [end] = await engineRows<[number | null]>(
    connection,
    `SELECT min(series)::DOUBLE FROM (
       SELECT series, sum(count(*)) OVER (ORDER BY series) AS sum FROM ${readings} WHERE series >= ${from} GROUP BY series
     ) WHERE sum > ${PIECE_ROWS} AND series > ${from}`,
  );
  return end![0];
}
