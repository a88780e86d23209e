import type { DuckDBConnection } from '@duckdb/node-api';
import { microsOf } from '@seawall/model';
import { engineRows } from './engine-rows.ts';
import type { MaintenanceContext } from './maintenance.ts';
import { SEALED_COLUMNS, SEALED_ORDER } from './readings-sql.ts';
import { ofDay, type Merging, type SealedDay } from './sealed-days.ts';
import { DAY_MICROS } from './tiers.ts';

/** From so many runs on, one of them merged before, a day is worth it: each costs who asks for one series a block. */
const RUNS = 4;
/** By when most late readings of a day have come. */
const SETTLES_DAYS = 1;

/**
 * Puts the runs of a day in one order, by series and time, in pieces of a range of series. Of a series, a day is then
 * in one place, however many runs it came in.
 */
export async function mergeStep(context: MaintenanceContext): Promise<boolean> {
  const { background, catalogue, signal } = context;
  const { connection } = background;
  const merging = catalogue.sealedDays.merging ?? dayToMerge(context);
  if (merging === undefined) return false;
  const { day, series } = merging;
  await background.transact(
    {
      claims: (id, micros) => id >= series && Math.floor(micros / DAY_MICROS) === day,
      run: async () => {
        const end = await endOfPiece(connection, merging, context.runRows);
        await putInOrder(
          connection,
          `${ofDay(day)} AND series >= ${series}${end === null ? '' : ` AND series < ${end}`}`,
        );
        const next = end === null ? undefined : { ...merging, series: end };
        await saveMerging(connection, next);
        if (next !== undefined) return { next };
        const merged = mergedDay(catalogue.sealedDays.of(day), merging, await readingsOf(connection, day));
        await saveDay(connection, day, merged);
        return { next, merged };
      },
      committed: ({ next, merged }) => {
        catalogue.sealedDays.merging = next;
        if (merged !== undefined) catalogue.sealedDays.set(day, merged);
      },
    },
    signal,
  );
  return true;
}

/**
 * A day that is over, of which as much has come in several runs as was merged before: so a reading is not moved again
 * and again while a long history is brought in.
 */
function dayToMerge({ catalogue: { sealedDays }, now }: MaintenanceContext): Merging | undefined {
  const over = microsOf(now) / DAY_MICROS - 1 - SETTLES_DAYS;
  for (const [day, begun] of sealedDays.entries()) {
    const runs = begun.runs + (begun.merged > 0 ? 1 : 0);
    if (day <= over && runs >= RUNS && begun.since >= begun.merged) return { day, series: 0, begun };
  }
  return undefined;
}

/** @returns the series before which the piece ends; null if it takes all that are left */
async function endOfPiece(
  connection: DuckDBConnection,
  { day, series }: Merging,
  rows: number,
): Promise<number | null> {
  const [end] = await engineRows<[number | null]>(
    connection,
    `SELECT min(series)::DOUBLE FROM (
       SELECT series, sum(count(*)) OVER (ORDER BY series) AS upTo FROM sealed
         WHERE ${ofDay(day)} AND series >= ${series} GROUP BY series
     ) WHERE upTo > ${rows} AND series > ${series}`,
  );
  return end![0];
}

async function putInOrder(connection: DuckDBConnection, piece: string): Promise<void> {
  // By way of a table: what is put in must not be taken out again.
  await connection.run(`
    CREATE OR REPLACE TEMP TABLE piece AS SELECT ${SEALED_COLUMNS}, time FROM sealed WHERE ${piece};
    DELETE FROM sealed WHERE ${piece};
    INSERT INTO sealed (${SEALED_COLUMNS}) SELECT ${SEALED_COLUMNS} FROM piece ORDER BY ${SEALED_ORDER};
    DROP TABLE piece`);
}

async function readingsOf(connection: DuckDBConnection, day: number): Promise<number> {
  const [count] = await engineRows<[number]>(connection, `SELECT count(*)::DOUBLE FROM sealed WHERE ${ofDay(day)}`);
  return count![0];
}

/** What was sealed while it was merged lies apart, wherever in it that belongs. */
function mergedDay(now: SealedDay, { begun }: Merging, readings: number): SealedDay {
  const since = now.since - begun.since;
  return { merged: Math.max(0, readings - since), since, runs: now.runs - begun.runs };
}

async function saveMerging(connection: DuckDBConnection, merging: Merging | undefined): Promise<void> {
  await connection.run('DELETE FROM merging');
  if (merging === undefined) return;
  const { day, series, begun } = merging;
  await connection.run(
    `INSERT INTO merging VALUES (${[day, series, begun.merged, begun.since, begun.runs].join(', ')})`,
  );
}

async function saveDay(connection: DuckDBConnection, day: number, { merged, since, runs }: SealedDay): Promise<void> {
  await connection.run(`DELETE FROM sealed_day WHERE day = ${day};
    INSERT INTO sealed_day VALUES (${day}, ${merged}, ${since}, ${runs})`);
}
