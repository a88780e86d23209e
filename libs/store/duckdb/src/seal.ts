import { engineRows } from './engine-rows.ts';
import type { MaintenanceContext } from './maintenance.ts';
import { SEALED_COLUMNS, SEALED_ORDER, SEALED_VALUES } from './readings-sql.ts';

/** Readings in a run: as many as are sorted in memory, and moved in a second or so. */
const RUN_ROWS = 1_000_000;
/** Recent readings that stay as they came, where most late ones fall. */
const TAIL_ROWS = 500_000;

/** Moves the readings that came first from `raw` to `sealed`, ordered by day, series and time. */
export async function sealStep({ background, catalogue, signal }: MaintenanceContext): Promise<boolean> {
  if (catalogue.rows.raw < RUN_ROWS + TAIL_ROWS) return false;
  const { connection } = background;
  await background.transact(
    {
      claims: () => true,
      run: async () => {
        catalogue.unsealed.mark();
        const [[first]] = (await engineRows<[number]>(connection, 'SELECT min(rowid)::DOUBLE FROM raw')) as [[number]];
        const end = first + RUN_ROWS;
        await connection.run(`INSERT INTO sealed (${SEALED_COLUMNS}) SELECT ${SEALED_VALUES} FROM raw WHERE rowid < ${end}
          ORDER BY ${SEALED_ORDER}`);
        const rows = (await connection.run(`DELETE FROM raw WHERE rowid < ${end}`)).rowsChanged;
        const [left] = await engineRows<[number | null, number | null]>(
          connection,
          'SELECT min(time)::DOUBLE, max(time)::DOUBLE FROM raw',
        );
        return { rows, left: left! };
      },
      committed: ({ rows, left: [first, last] }) => {
        catalogue.rows.raw -= rows;
        catalogue.rows.sealed += rows;
        catalogue.unsealed.narrow(first ?? Infinity, last ?? -Infinity);
      },
    },
    signal,
  );
  return true;
}
