import type { MaintenanceContext } from './maintenance.ts';
import { engineRows } from './engine-rows.ts';
import { INCREASE_WITHIN_MICROS } from './increases-sql.ts';
import { noteRebuilt, rebuildHours, TARGET_TABLE } from './rebuild-hours.ts';
import { HOUR_MICROS, HOURS } from './tiers.ts';

/** A piece stays within so many hours, and takes so many hours of series. */
const HOURS_AT_ONCE = 48;
const PIECE_HOURS = 10_000;

/** Hours within which the increase of the next reading can hang on a reading. */
export const HOURS_AFTER = INCREASE_WITHIN_MICROS / HOUR_MICROS + 1;

/** SQL of the hours that come next after `of` (with `series` and `hour`), whose increase hangs on their last readings. */
export function nextHoursSql(of: string): string {
  return `SELECT of.series, min(next.start) AS hour FROM ${of} AS of
    JOIN ${HOURS.rollup} AS next ON next.series = of.series AND next.start > of.hour AND next.start <= of.hour + ${HOURS_AFTER}
    GROUP BY of.series, of.hour`;
}

/** Rolls up anew the first hours that have changed since they were, and those that hang on them. */
export async function repairStep({ background, catalogue, signal }: MaintenanceContext): Promise<boolean> {
  const { connection } = background;
  const { rolledTo } = catalogue.rolling;
  const [oldest] = await engineRows<[number | null]>(
    connection,
    `SELECT min(hour)::DOUBLE FROM stale WHERE hour < ${rolledTo}`,
  );
  const first = oldest![0];
  if (first === null) return false;
  await background.transact(
    {
      claims: () => false,
      run: async () => {
        await connection.run(`
          CREATE OR REPLACE TEMP TABLE changed AS SELECT DISTINCT series, hour FROM stale
            WHERE hour < least(${rolledTo}, ${first + HOURS_AT_ONCE}) ORDER BY hour, series LIMIT ${PIECE_HOURS};
          ${TARGET_TABLE};
          INSERT INTO target SELECT of.series, of.hour, coalesce(any_value(old.parts), 0)
            FROM (FROM changed UNION ${nextHoursSql('changed')}) AS of
            LEFT JOIN ${HOURS.rollup} AS old ON old.series = of.series AND old.start = of.hour GROUP BY of.series, of.hour;
          DELETE FROM stale USING changed WHERE stale.series = changed.series AND stale.hour = changed.hour`);
        const [last] = await engineRows<[number]>(connection, 'SELECT max(hour)::DOUBLE FROM target');
        return rebuildHours(connection, { first, end: last![0] + 1, fresh: false });
      },
      committed: (rebuilt) => noteRebuilt(catalogue, rebuilt),
    },
    signal,
  );
  return true;
}
