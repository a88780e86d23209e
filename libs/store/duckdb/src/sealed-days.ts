import type { DuckDBConnection } from '@duckdb/node-api';
import { engineRows } from './engine-rows.ts';
import { DAY_MICROS, MINUTE_MICROS } from './tiers.ts';

/** How the readings of a day lie in `sealed`. */
export interface SealedDay {
  /** So many lay by series and time when the day was merged last; 0 if it never was. */
  readonly merged: number;
  /** Sealed since then, in so many runs. */
  readonly since: number;
  readonly runs: number;
}

/** A day that is being merged. */
export interface Merging {
  /** Since the epoch. */
  readonly day: number;
  /** Series below this number are done. */
  readonly series: number;
  /** What had been sealed of it when this began. */
  readonly begun: SealedDay;
}

const NOTHING: SealedDay = { merged: 0, since: 0, runs: 0 };
const DAY_MINUTES = DAY_MICROS / MINUTE_MICROS;

/** SQL of the day of a `time` in microseconds or a `minute`, also before the epoch. */
export const DAY_OF = {
  time: `floor(time / ${DAY_MICROS})::INTEGER`,
  minute: `floor(minute / ${DAY_MINUTES})::INTEGER`,
};

/** The condition that a reading in `sealed` is of a day, in the bounds that the engine keeps of its blocks. */
export function ofDay(day: number): string {
  return `minute >= ${day * DAY_MINUTES} AND minute < ${(day + 1) * DAY_MINUTES}`;
}

/** What is known of every day that has sealed readings, and how far the one is that is being merged. */
export class SealedDays {
  readonly #days = new Map<number, SealedDay>();
  merging: Merging | undefined;

  of(day: number): SealedDay {
    return this.#days.get(day) ?? NOTHING;
  }

  /** A run has brought so many readings of the day. */
  add(day: number, readings: number): void {
    const { merged, since, runs } = this.of(day);
    this.set(day, { merged, since: since + readings, runs: runs + 1 });
  }

  set(day: number, of: SealedDay): void {
    if (of.merged + of.since === 0) this.#days.delete(day);
    else this.#days.set(day, of);
  }

  entries(): Iterable<[number, SealedDay]> {
    return this.#days;
  }
}

export async function loadSealedDays(connection: DuckDBConnection): Promise<SealedDays> {
  const days = new SealedDays();
  for (const [day, merged, since, runs] of await engineRows<[number, number, number, number]>(
    connection,
    'SELECT day, sum(merged)::DOUBLE, sum(since)::DOUBLE, sum(runs)::DOUBLE FROM sealed_day GROUP BY day ORDER BY day',
  ))
    days.set(day, { merged, since, runs });
  const [merging] = await engineRows<[number, number, number, number, number]>(
    connection,
    'SELECT day, series, merged::DOUBLE, since::DOUBLE, runs FROM merging',
  );
  if (merging !== undefined) {
    const [day, series, merged, since, runs] = merging;
    days.merging = { day, series, begun: { merged, since, runs } };
  }
  return days;
}

/** Tables of what `SealedDays` holds; `sealed_day` has a row for what each run brought of a day, to be added up. */
export const SEALED_DAY_TABLES = `
  CREATE TABLE IF NOT EXISTS sealed_day (day INTEGER NOT NULL, merged BIGINT NOT NULL, since BIGINT NOT NULL, runs UINTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS merging (
    day INTEGER NOT NULL, series UINTEGER NOT NULL, merged BIGINT NOT NULL, since BIGINT NOT NULL, runs UINTEGER NOT NULL
  );
`;

/** For a file of a version without these tables: runs had a million rows, one after the other. */
export const SEED_SEALED_DAYS = `INSERT INTO sealed_day
  SELECT ${DAY_OF.minute} AS day, 0, count(*), count(DISTINCT rowid // 1000000) FROM sealed GROUP BY day`;
