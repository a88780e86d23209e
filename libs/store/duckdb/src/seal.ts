import { engineRows } from './engine-rows.ts';
import type { MaintenanceContext } from './maintenance.ts';
import { SEALED_COLUMNS, SEALED_ORDER, SEALED_VALUES } from './readings-sql.ts';
import { DAY_OF } from './sealed-days.ts';

/**
 * Moves a run, the readings that came first, from `raw` to `sealed`, ordered by day, series and time. It is as large as can
 * be sorted in memory and moved in a second or so; most late readings fall into what stays.
 */
export async function sealStep({ background, catalogue, runRows, signal }: MaintenanceContext): Promise<boolean> {
  if (catalogue.rows.raw < runRows + runRows / 2) return false;
  const { connection } = background;
  await background.transact(
    {
      claims: () => true,
      run: async () => {
        catalogue.unsealed.mark();
        const [[first]] = (await engineRows<[number]>(connection, 'SELECT min(rowid)::DOUBLE FROM raw')) as [[number]];
        const end = first + runRows;
        await connection.run(`INSERT INTO sealed (${SEALED_COLUMNS}) SELECT ${SEALED_VALUES} FROM raw WHERE rowid < ${end}
          ORDER BY ${SEALED_ORDER}`);
        const days = await engineRows<[number, number]>(
          connection,
          `INSERT INTO sealed_day SELECT ${DAY_OF.time} AS day, 0, count(*), 1 FROM raw WHERE rowid < ${end} GROUP BY day
            RETURNING day, since::DOUBLE`,
        );
        const rows = (await connection.run(`DELETE FROM raw WHERE rowid < ${end}`)).rowsChanged;
        const [left] = await engineRows<[number | null, number | null]>(
          connection,
          'SELECT min(time)::DOUBLE, max(time)::DOUBLE FROM raw',
        );
        return { rows, days, left: left! };
      },
      committed: ({ rows, days, left: [first, last] }) => {
        catalogue.rows.raw -= rows;
        catalogue.rows.sealed += rows;
        for (const [day, readings] of days) catalogue.sealedDays.add(day, readings);
        catalogue.unsealed.narrow(first ?? Infinity, last ?? -Infinity);
      },
    },
    signal,
  );
  return true;
}
