import { microsOf } from '@seawall/model';
import { expiresBefore, keptFor } from '@seawall/ports';
import { HOUR_MICROS } from '@seawall/query';
import { countByHour } from './count-readings.ts';
import { HourParts, type PartsOfHours } from './hour-parts.ts';
import type { MaintenanceContext } from './maintenance.ts';
import { makeRows } from './make-rows.ts';
import type { Loaded } from './open-influx-store.ts';
import { noteLine, partsLine, rollingLine } from './store-state.ts';

/** Readings that are rolled up in a second or so. */
export const PIECE_READINGS = 200_000;
const HOURS_AT_ONCE = 7 * 24;
/** An hour is rolled up some time after its end, since most late readings have come by then. */
const SETTLES_MS = 600_000;
/** From so many readings an hour on it is worth having rows of minutes: three a minute. */
const MANY_READINGS = 180;

/** Hours that are being rolled up, piece by piece. */
export interface RollUpJob {
  readonly from: number;
  readonly to: number;
  readonly pieces: JobPiece[];
  /** By domain: which of the hours are to have more than their own rows. */
  readonly parts: ReadonlyMap<string, PartsOfHours>;
}

interface JobPiece {
  readonly domain: string;
  readonly devices: readonly string[] | undefined;
}

/** Rolls up the next hours that are over; of hours with very many readings a part of the devices. */
export async function rollUpStep(context: MaintenanceContext): Promise<boolean> {
  const { connection, loaded, piece, signal } = context;
  const { rollups } = loaded;
  rollups.job ??= await nextJob(context);
  const { job } = rollups;
  if (job === undefined) return false;
  const next = job.pieces[0];
  if (next !== undefined) {
    const what = {
      ...next,
      from: job.from,
      to: job.to,
      partsOf: (hour: number) => job.parts.get(next.domain)!.at(hour),
      wants: () => true,
      spares: () => false,
    };
    const absurd = await makeRows(connection, loaded, piece, what, signal);
    // What has become stale meanwhile is looked at again.
    const notes = () =>
      absurd
        .map((of) => ({ ...of, domain: next.domain, kind: 'absurd' as const }))
        .filter((note) => !rollups.notes.isStale(note));
    await context.commit(
      () => [notes().map((note) => noteLine(note, note.kind))],
      () => {
        job.pieces.shift();
        for (const note of notes()) rollups.notes.set(note);
      },
    );
    if (job.pieces.length > 0) return true;
  }
  await finish(context, job);
  return true;
}

async function finish({ loaded: { rollups }, commit }: MaintenanceContext, job: RollUpJob): Promise<void> {
  const rolling = { rolledTo: job.to, rollingTo: Math.max(job.to, rollups.rolling.rollingTo) };
  const changed = [...job.parts].filter(([domain, parts]) => parts !== rollups.partsOf(domain));
  const lines = [...changed.map(([domain, { runs }]) => partsLine(domain, runs)), rollingLine(rolling)];
  await commit(
    () => [lines],
    () => {
      for (const [domain, parts] of job.parts) {
        rollups.parts.set(domain, parts);
        const hours = Array.from({ length: (job.to - job.from) / HOUR_MICROS }, (_, i) => job.from + i * HOUR_MICROS);
        rollups.rows['1h'].touch(domain, hours);
        rollups.rows['1m'].touch(domain, parts.minutesWithin(job.from, job.to));
      }
      rollups.rolling = rolling;
      rollups.job = undefined;
    },
  );
}

/** From here on whatever is written before its end is noted as stale. */
async function nextJob(context: MaintenanceContext): Promise<RollUpJob | undefined> {
  const { loaded, commit } = context;
  const { rollups } = loaded;
  const found = nextHours(context);
  if (found === undefined) return undefined;
  const { from, to, domains } = found;
  // Rows up to there may have been written by a piece that was cut off.
  const rolling = { ...rollups.rolling, rollingTo: Math.max(to, rollups.rolling.rollingTo) };
  await commit(
    () => [[rollingLine(rolling)]],
    () => (rollups.rolling = rolling),
  );
  const parts = new Map<string, PartsOfHours>();
  const pieces: JobPiece[] = [];
  for (const domain of domains) {
    const counts = await countByHour(context.connection, domain, from, to);
    const series = loaded.catalogue.stored().filter((of) => of.domain === domain);
    parts.set(domain, partsFor(rollups.partsOf(domain), counts, series.length));
    const readings = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const devices = [...new Set(series.map(({ device }) => device))];
    const cuts = Math.min(devices.length, Math.ceil(readings / PIECE_READINGS));
    if (cuts <= 1) pieces.push({ domain, devices: undefined });
    else {
      const each = Math.ceil(devices.length / cuts);
      for (let i = 0; i < devices.length; i += each) pieces.push({ domain, devices: devices.slice(i, i + each) });
    }
  }
  return { from, to, pieces, parts };
}

/** Rows of minutes for hours in which the domain's series have three readings a minute, one with another. */
function partsFor(before: PartsOfHours, counts: ReadonlyMap<number, number>, series: number): PartsOfHours {
  let parts = before;
  for (const [hour, count] of counts)
    if (count >= MANY_READINGS * series && parts.at(hour) !== HourParts.minutes)
      parts = parts.with(hour, hour + HOUR_MICROS, HourParts.minutes);
  return parts;
}

interface NextHours {
  readonly from: number;
  readonly to: number;
  readonly domains: readonly string[];
}

/** The next hours that are over and have readings, enough for a piece; undefined when there are none. */
function nextHours(context: MaintenanceContext): NextHours | undefined {
  const { counts, rollups } = context.loaded;
  const { rolledTo } = rollups.rolling;
  const limit = Math.floor(overBefore(context) / HOUR_MICROS) * HOUR_MICROS;
  if (!(limit > rolledTo)) return undefined;
  const all = counts.all().filter(({ hour }) => hour >= rolledTo && hour < limit);
  if (all.length === 0) return undefined;
  const sums = new Map<number, number>();
  for (const { hour, count = 0 } of all) sums.set(hour, (sums.get(hour) ?? 0) + count);
  const from = [...sums.keys()].reduce((a, b) => Math.min(a, b));
  let to = from;
  for (
    let readings = 0;
    to < Math.min(limit, from + HOURS_AT_ONCE * HOUR_MICROS) && readings < PIECE_READINGS;
    to += HOUR_MICROS
  )
    readings += sums.get(to) ?? 0;
  const domains = [...new Set(all.filter(({ hour }) => hour < to).map(({ domain }) => domain))];
  return { from, to, domains };
}

/** The hour in which the latest readings lie is not over, whatever the clock says, unless it is about to expire. */
function overBefore({ loaded, now, retention }: MaintenanceContext): number {
  const domains = new Set(loaded.catalogue.stored().map(({ domain }) => domain));
  const expired = Math.max(...[...domains].map((domain) => expiresBefore(now, keptFor(retention.raw, domain))));
  return Math.min(microsOf(now - SETTLES_MS), Math.max(newestOf(loaded), microsOf(expired)));
}

function newestOf({ catalogue }: Loaded): number {
  let newest = -Infinity;
  for (let id = 0; id < catalogue.storedSeries; id++) newest = Math.max(newest, catalogue.latest.micros(id));
  return newest;
}
