import { microsOf, type QuerySource } from '@seawall/model';
import { expiresBefore, keptFor } from '@seawall/ports';
import { UINTEGER, type DuckDBConnection } from '@duckdb/node-api';
import { appendColumns } from './append-columns.ts';
import { keptAfter, type KeptSince } from '@seawall/query';
import type { Catalogue, ReadingTable } from './catalogue.ts';
import { engineRows } from './engine-rows.ts';
import type { MaintenanceContext } from './maintenance.ts';
import { readingsSql, withinRange } from './readings-sql.ts';
import { noteRebuilt, rebuildHours, TARGET_TABLE } from './rebuild-hours.ts';
import { repairStep } from './repair.ts';
import { rollUpStep } from './roll-up.ts';
import { HOUR_MICROS, HourParts, HOURS, MINUTE_MICROS, MINUTES, TIERS, type Tier } from './tiers.ts';

/** Rows that go in one piece. */
const PIECE_ROWS = 1_000_000;
/** Hours of series that get the rows of minutes and the sketches that are to outlive their readings, in one piece. */
const PIECE_HOURS = 10_000;
const HOURS_AT_ONCE = 48;

/** A domain whose tiers expire, or have once, with its series. */
interface Expiring {
  readonly domain: string;
  readonly series: readonly number[];
  /** Microseconds before which each tier has expired; -Infinity: it is kept for good. */
  readonly before: Readonly<Record<QuerySource, number>>;
}

/** Removes what domains keep no longer, once what outlives it has been made of it. */
export async function expireStep(context: MaintenanceContext): Promise<boolean> {
  const { catalogue } = context;
  const domains = expiringDomains(context);
  const moments = JSON.stringify(domains.map(({ domain, before }) => [domain, before]));
  if (catalogue.expiry.done === moments) return false;
  const latest = Math.max(...domains.map(({ before }) => before.raw));
  // Whatever is written before the latest of them puts another in its place.
  const looking = (catalogue.expiry = { before: latest, done: undefined });
  for (const expiring of domains) {
    if (await forgetExpiry(context, expiring)) return true;
    if (await expireReadings(context, expiring)) return true;
    for (const tier of TIERS) if (await expireRollup(context, expiring, tier)) return true;
  }
  if (catalogue.expiry === looking && catalogue.rolling.rolledTo * HOUR_MICROS >= latest)
    catalogue.expiry = { before: latest, done: moments };
  return false;
}

function expiringDomains({ catalogue, now, retention }: MaintenanceContext): Expiring[] {
  const domains = new Map<string, number[]>();
  catalogue.stored().forEach(({ domain }, id) => {
    const series = domains.get(domain);
    if (series === undefined) domains.set(domain, [id]);
    else series.push(id);
  });
  const before = (tier: QuerySource, domain: string) => microsOf(expiresBefore(now, keptFor(retention[tier], domain)));
  return [...domains]
    .map(([domain, series]) => ({
      domain,
      series,
      before: { raw: before('raw', domain), '1m': before('1m', domain), '1h': before('1h', domain) },
    }))
    .filter(({ domain, before: of }) => catalogue.kept.has(domain) || Object.values(of).some((at) => at > -Infinity));
}

/**
 * Of a domain that is to be kept longer than it was, and of which nothing at all is left from before: as if nothing had
 * expired, so that what is brought back of that time is found again. Where rollups are left, they go on to answer alone.
 */
async function forgetExpiry(
  { background, catalogue, signal }: MaintenanceContext,
  { domain, series, before }: Expiring,
): Promise<boolean> {
  const since = catalogue.kept.get(domain)?.raw;
  if (since === undefined || before.raw >= since) return false;
  const { connection } = background;
  let forgotten = false;
  await background.transact(
    {
      claims: () => false,
      run: async () => {
        await fillExpiring(connection, series);
        const rows = [
          `SELECT series FROM ${readingsSql({ from: -1e16, to: since })}`,
          ...TIERS.map(({ rollup, stepMicros }) => `SELECT series FROM ${rollup} WHERE start < ${since / stepMicros}`),
        ];
        const left = await engineRows(
          connection,
          `FROM (${rows.join(' UNION ALL ')}) WHERE series IN (FROM expiring) LIMIT 1`,
        );
        if (left.length > 0) return false;
        await connection.run('DELETE FROM kept WHERE domain = $1', [domain]);
        return true;
      },
      committed: (nothingLeft) => {
        forgotten = nothingLeft;
        if (nothingLeft) catalogue.kept.delete(domain);
      },
    },
    signal,
  );
  return forgotten;
}

async function expireReadings(context: MaintenanceContext, expiring: Expiring): Promise<boolean> {
  const { catalogue } = context;
  const { before } = expiring;
  if (before.raw === -Infinity || catalogue.oldest >= before.raw) return false;
  const outlive = TIERS.filter(({ name }) => before[name] < before.raw);
  if (outlive.length === 0) return removeReadings(context, expiring, before.raw, outlive);
  // Whole hours, and those that are rolled up.
  const end = Math.min(Math.floor(before.raw / HOUR_MICROS), catalogue.rolling.rolledTo);
  const made = await makeParts(context, expiring, end, outlive.includes(MINUTES));
  if (made === 'later') return repairStep(context);
  if (made === 'some') return true;
  if (await removeReadings(context, expiring, end * HOUR_MICROS, outlive)) return true;
  return end * HOUR_MICROS < before.raw - HOUR_MICROS && rollUpStep(context);
}

/**
 * Makes of readings before the hour `end` what is to outlive them.
 * @returns 'all' when nothing was left to make, 'some' when a piece was, 'later' when hours have yet to be repaired
 */
async function makeParts(
  { background, signal, catalogue }: MaintenanceContext,
  expiring: Expiring,
  end: number,
  minutes: boolean,
): Promise<'all' | 'some' | 'later'> {
  const { connection } = background;
  const parts = HourParts.sketches | (minutes ? HourParts.minutes : HourParts.none);
  const since = catalogue.kept.get(expiring.domain)?.raw ?? 0;
  let found: 'all' | 'some' | 'later' = 'all';
  await background.transact(
    {
      claims: () => false,
      run: async () => {
        await fillExpiring(connection, expiring.series);
        const [waiting] = await engineRows<[number]>(
          connection,
          `SELECT count(*)::DOUBLE FROM stale WHERE hour < ${end} AND series IN (FROM expiring)`,
        );
        if (waiting![0] > 0) {
          found = 'later';
          return undefined;
        }
        await connection.run(`${TARGET_TABLE};
          INSERT INTO target SELECT series, start, parts | ${parts} FROM (${await lackingSql(connection, parts, since, end)})
            WHERE series IN (FROM expiring) ORDER BY start, series LIMIT ${PIECE_HOURS};
          DELETE FROM target WHERE hour >= (SELECT min(hour) + ${HOURS_AT_ONCE} FROM target)`);
        const [bounds] = await engineRows<[number | null, number]>(
          connection,
          'SELECT min(hour)::DOUBLE, max(hour)::DOUBLE FROM target',
        );
        const [first, last] = bounds!;
        if (first === null) return undefined;
        found = 'some';
        return rebuildHours(connection, { first, end: last + 1, fresh: false });
      },
      committed: (rebuilt) => {
        if (rebuilt !== undefined) noteRebuilt(catalogue, rebuilt);
      },
    },
    signal,
  );
  return found;
}

/** Rows of hours that lack parts which can be made of their readings; of hours long expired these may have come late. */
async function lackingSql(connection: DuckDBConnection, parts: number, since: number, end: number): Promise<string> {
  const lacking = `SELECT of.series, of.start, of.parts FROM ${HOURS.rollup} AS of`;
  const recent = `${lacking} WHERE parts & ${parts} <> ${parts} AND start < ${end} AND start >= ${since / HOUR_MICROS}`;
  const long = `parts & ${parts} <> ${parts} AND start < ${since / HOUR_MICROS}`;
  const [old] = await engineRows<[number]>(
    connection,
    `SELECT count(*)::DOUBLE FROM ${HOURS.rollup} WHERE ${long} AND series IN (FROM expiring)`,
  );
  if (old![0] === 0) return recent;
  const late = `(SELECT series, time // ${HOUR_MICROS} AS hour, count(*) AS count FROM ${readingsSql({ from: 0, to: since })} GROUP BY ALL)`;
  return `${recent} UNION ALL ${lacking}
    JOIN ${late} AS late ON late.series = of.series AND late.hour = of.start AND late.count = of.count WHERE ${long}`;
}

/** A piece of the readings before a moment (microseconds). From the first one on they are gone for whoever asks. */
async function removeReadings(
  { background, catalogue, signal }: MaintenanceContext,
  { domain, series }: Expiring,
  before: number,
  outlive: readonly Tier[],
): Promise<boolean> {
  const { connection } = background;
  const chosen = new Set(series);
  let kept: KeptSince = {};
  let found = false;
  await background.transact(
    {
      claims: (id, micros) => micros < before && chosen.has(id),
      run: async () => {
        catalogue.oldestSince = Infinity;
        await fillExpiring(connection, series);
        const removed: [ReadingTable, number, number][] = [];
        for (const table of ['sealed', 'raw'] as const) {
          const piece = await pieceOf(connection, table, before);
          if (piece === undefined) continue;
          found = true;
          const time = table === 'raw' ? 'time' : `minute::BIGINT * ${MINUTE_MICROS}`;
          const [oldest] = await engineRows<[number]>(
            connection,
            `SELECT min(${time})::DOUBLE FROM ${table} WHERE ${piece}`,
          );
          kept = keptAfter(catalogue.kept.get(domain) ?? {}, before, oldest![0], outlive);
          const counts = `SELECT series::DOUBLE, count(*)::DOUBLE FROM ${table} WHERE ${piece} GROUP BY series`;
          for (const [id, count] of await engineRows<[number, number]>(connection, counts))
            removed.push([table, id, count]);
          await connection.run(`DELETE FROM ${table} WHERE ${piece}`);
          break;
        }
        if (!found) return undefined;
        await removeBeyond(connection, before / HOUR_MICROS);
        await saveKept(connection, domain, kept);
        return { removed, oldest: await oldestReading(connection), bare: await bareSeries(connection) };
      },
      committed: (expired) => {
        if (expired === undefined) return;
        for (const [table, id, count] of expired.removed) catalogue.remove(table, id, count);
        // The transaction does not see what was written meanwhile.
        catalogue.oldest = Math.min(expired.oldest, catalogue.oldestSince);
        catalogue.kept.set(domain, kept);
        forgetBare(catalogue, expired.bare);
      },
    },
    signal,
  );
  return found;
}

/** Of the series in `expiring`, hours before this one: where readings or rows are gone, there is no choice between them. */
async function removeBeyond(connection: DuckDBConnection, hours: number): Promise<void> {
  await connection.run(`DELETE FROM beyond WHERE hour < ${Math.floor(hours)} AND series IN (FROM expiring)`);
}

async function saveKept(connection: DuckDBConnection, domain: string, kept: KeptSince): Promise<void> {
  await connection.run('DELETE FROM kept WHERE domain = $1', [domain]);
  for (const [tier, since] of Object.entries(kept))
    await connection.run(`INSERT INTO kept VALUES ($1, '${tier}', ${since})`, [domain]);
}

/** The condition of a piece of the table's readings before a moment, of the series in `expiring`; undefined if none. */
async function pieceOf(connection: DuckDBConnection, table: ReadingTable, before: number): Promise<string | undefined> {
  const where = `${withinRange(table, { from: -1e16, to: before })} AND series IN (FROM expiring)`;
  return limited(connection, table, where);
}

/** @returns microseconds; Infinity when there is none. Begins of minutes in `sealed`, as the engine finds these at once. */
async function oldestReading(connection: DuckDBConnection): Promise<number> {
  const [[raw]] = (await engineRows<[number | null]>(connection, 'SELECT min(time)::DOUBLE FROM raw')) as [
    [number | null],
  ];
  const [sealed] = await engineRows<[number]>(connection, 'SELECT minute FROM sealed ORDER BY minute LIMIT 1');
  return Math.min(raw ?? Infinity, sealed === undefined ? Infinity : sealed[0] * MINUTE_MICROS);
}

async function limited(connection: DuckDBConnection, table: string, where: string): Promise<string | undefined> {
  const [last] = await engineRows<[number | null]>(
    connection,
    `SELECT max(rowid)::DOUBLE FROM (SELECT rowid FROM ${table} WHERE ${where} LIMIT ${PIECE_ROWS})`,
  );
  return last![0] === null ? undefined : `${where} AND rowid <= ${last![0]}`;
}

async function expireRollup(
  { background, catalogue, signal }: MaintenanceContext,
  { domain, series, before }: Expiring,
  { name, rollup, sketch, stepMicros }: Tier,
): Promise<boolean> {
  if (before[name] === -Infinity) return false;
  const { connection } = background;
  const end = Math.max(0, Math.floor(before[name] / stepMicros));
  const kept = { ...catalogue.kept.get(domain) };
  kept[name] = Math.max(kept[name] ?? 0, end * stepMicros);
  let found = false;
  await background.transact(
    {
      claims: () => false,
      run: async () => {
        await fillExpiring(connection, series);
        let rows = 0;
        for (const table of [sketch, rollup]) {
          const piece = await limited(connection, table, `start < ${end} AND series IN (FROM expiring)`);
          if (piece === undefined) continue;
          found = true;
          const { rowsChanged } = await connection.run(`DELETE FROM ${table} WHERE ${piece}`);
          if (table === rollup) rows = rowsChanged;
        }
        if (!found) return undefined;
        if (name === HOURS.name) await removeBeyond(connection, end);
        await saveKept(connection, domain, kept);
        const [oldest] = await engineRows<[number | null]>(connection, `SELECT min(start)::DOUBLE FROM ${rollup}`);
        return { rows, oldest: oldest![0], bare: await bareSeries(connection) };
      },
      committed: (expired) => {
        if (expired === undefined) return;
        catalogue.tiers[name].expire(expired.rows, expired.oldest);
        catalogue.kept.set(domain, kept);
        forgetBare(catalogue, expired.bare);
      },
    },
    signal,
  );
  return found;
}

async function fillExpiring(connection: DuckDBConnection, series: readonly number[]): Promise<void> {
  await connection.run('CREATE OR REPLACE TEMP TABLE expiring (series UINTEGER)');
  await appendColumns(connection, 'expiring', [UINTEGER], [Uint32Array.from(series)]);
}

/** Of the expiring series those of which no rollup holds anything. */
async function bareSeries(connection: DuckDBConnection): Promise<readonly number[]> {
  const rolled = TIERS.map(({ rollup }) => `SELECT series FROM ${rollup}`).join(' UNION ALL ');
  const bare = await engineRows<[number]>(connection, `FROM expiring WHERE series NOT IN (${rolled})`);
  return bare.map(([series]) => series);
}

function forgetBare(catalogue: Catalogue, bare: readonly number[]): void {
  for (const id of bare) if (catalogue.counts.of(id) === 0) catalogue.latest.forget(id);
}
