import { HOUR_MICROS } from '@seawall/query';
import { clearMinutes, type ReplacedRow } from './clear-minutes.ts';
import { INCREASE_WITHIN_MICROS } from './increase-of.ts';
import { allOf, field, measurementOf, tag, within } from './influx-ql.ts';
import { decodeName, DEVICE_TAG } from './influx-names.ts';
import type { DeviceHour, HourNote } from './hour-notes.ts';
import { HourParts } from './hour-parts.ts';
import type { MaintenanceContext } from './maintenance.ts';
import { makeRows } from './make-rows.ts';
import { metricsOf } from './readings-before.ts';
import { PIECE_READINGS } from './roll-up.ts';
import { rollupMeasurement, rowField } from './rollup-tiers.ts';
import type { Rollups } from './rollups.ts';
import { noteLine } from './store-state.ts';
import { devicesCondition } from './where-conditions.ts';

/** Hours within which the increase of the next reading can hang on a reading. */
export const HOURS_AFTER = INCREASE_WITHIN_MICROS / HOUR_MICROS + 1;
/** A piece stays within so many hours, the more the fewer readings they have. */
const HOURS_AT_ONCE = [31 * 24, 3 * 24, 8];
/** Hours of devices in a piece: at least, and at most. */
const LEAST_AT_ONCE = 10;
const MOST_AT_ONCE = 5_000;

/** Rolls up anew the first hours that have changed since they were, and those that hang on them. */
export async function repairStep(context: MaintenanceContext): Promise<boolean> {
  return repair(context, undefined);
}

/** @param only the domain, or undefined for any. @returns whether there was something to repair */
export async function repair(context: MaintenanceContext, only: string | undefined): Promise<boolean> {
  const { connection, loaded, piece, signal } = context;
  const { rollups } = loaded;
  const first = rollups.notes.firstStale(rollups.rolling.rolledTo, only);
  if (first === undefined) return false;
  const { domain } = first;
  const changed = changedFrom(context, domain, first.hour);
  const generations = changed.map((of) => rollups.notes.generation(of));
  const rows = await rowsOf(context, domain, changed);
  const wanted = new Map<string, Set<number>>();
  for (const { device, hour } of [...changed, ...rows.after]) {
    const hours = wanted.get(device) ?? new Set<number>();
    wanted.set(device, hours.add(hour));
  }
  const hours = [...wanted.values()].flatMap((of) => [...of]);
  const { raw: expired = -Infinity, '1m': minutesSince = 0 } = rollups.kept.get(domain) ?? {};
  const replaced: ReplacedRow[] = [];
  const absurd = await makeRows(
    connection,
    loaded,
    piece,
    {
      domain,
      devices: [...wanted.keys()],
      from: hours.reduce((a, b) => Math.min(a, b)),
      to: hours.reduce((a, b) => Math.max(a, b)) + HOUR_MICROS,
      partsOf: (hour) => rollups.partsNow(domain).at(hour) | partsOfExpired(rollups, domain, hour),
      wants: (device, hour) => wanted.get(device)?.has(hour) === true,
      // Of an hour whose readings have expired the row made of more readings stays.
      spares: (device, metric, hour, readings) => {
        const before = hour < expired ? rows.countOf(device, metric, hour) : 0;
        if (before > readings) return true;
        if (before > 0 && hour >= minutesSince) replaced.push({ device, metric, hour });
        return false;
      },
    },
    signal,
  );
  await clearMinutes(context, domain, replaced);
  await forget(
    context,
    changed,
    generations,
    absurd.map((of) => ({ ...of, domain, kind: 'absurd' })),
  );
  return true;
}

/**
 * What rows of an hour whose readings have expired must have, since nothing else can tell it: also one in which the domain had
 * said nothing, for which nothing was made when it expired.
 */
function partsOfExpired({ kept }: Rollups, domain: string, hour: number): number {
  const { raw = -Infinity, '1m': minutes = 0 } = kept.get(domain) ?? {};
  if (hour >= raw) return HourParts.none;
  return HourParts.sketches | (hour >= minutes ? HourParts.minutes : HourParts.none);
}

/**
 * As many hours of devices as make a piece: all within a long time where there are few readings, else those of one hour. A
 * device is read from its first hour to its last, with what lies between.
 */
function changedFrom({ loaded }: MaintenanceContext, domain: string, first: number): readonly DeviceHour[] {
  const { rollups, counts, catalogue } = loaded;
  const all = new Set(
    catalogue
      .stored()
      .filter((of) => of.domain === domain)
      .map(({ device }) => device),
  ).size;
  for (const hours of HOURS_AT_ONCE) {
    const end = Math.min(rollups.rolling.rolledTo, first + hours * HOUR_MICROS);
    const changed = rollups.notes.staleWithin(domain, first, end);
    const readings = (counts.about(domain, first, end) / all) * new Set(changed.map(({ device }) => device)).size;
    if (readings <= PIECE_READINGS && changed.length <= MOST_AT_ONCE) return changed;
  }
  const each = Math.max(1, counts.about(domain, first, first + HOUR_MICROS) / all);
  const room = Math.min(MOST_AT_ONCE, Math.max(LEAST_AT_ONCE, Math.floor(PIECE_READINGS / each)));
  return rollups.notes.staleWithin(domain, first, first + HOUR_MICROS).slice(0, room);
}

interface RowsOfChanged {
  /** Of each series the next hour after a changed one that has a row, in time. */
  readonly after: readonly DeviceHour[];
  countOf(device: string, metric: string, hour: number): number;
}

/** What rows there are of changed hours, and of those after them. */
async function rowsOf(
  { connection, loaded, signal }: MaintenanceContext,
  domain: string,
  changed: readonly DeviceHour[],
): Promise<RowsOfChanged> {
  const metrics = metricsOf(loaded.catalogue, domain);
  const from = changed.reduce((least, { hour }) => Math.min(least, hour), Infinity);
  const to = changed.reduce((most, { hour }) => Math.max(most, hour), -Infinity) + (HOURS_AFTER + 1) * HOUR_MICROS;
  const devices = [...new Set(changed.map(({ device }) => device))];
  const columns = metrics.map((metric) => field(rowField(metric, 'count')));
  const source = measurementOf('1h', rollupMeasurement(domain, '1h'));
  const conditions = [devicesCondition(devices), within(from, to)];
  const statement = `SELECT ${columns.join(', ')} FROM ${source} WHERE ${allOf(conditions)} GROUP BY ${tag(DEVICE_TAG)}`;
  const found = new Map<string, [hour: number, counts: readonly (number | null)[]][]>();
  for await (const { tags, values } of connection.statement(statement, { policy: '1h', signal })) {
    const device = decodeName(tags[DEVICE_TAG]!);
    const rows = values.map(
      (row) => [row[0] as number, row.slice(1) as (number | null)[]] as [number, (number | null)[]],
    );
    found.set(device, [...(found.get(device) ?? []), ...rows]);
  }
  const nextOf = ({ device, hour }: DeviceHour) =>
    metrics.flatMap((_, i) => {
      const next = (found.get(device) ?? []).find(([at, counts]) => at > hour && counts[i] !== null);
      return next === undefined || next[0] > hour + HOURS_AFTER * HOUR_MICROS
        ? []
        : [{ domain, device, hour: next[0] }];
    });
  return {
    after: changed.flatMap(nextOf),
    countOf: (device, metric, hour) =>
      found.get(device)?.find(([at]) => at === hour)?.[1][metrics.indexOf(metric)] ?? 0,
  };
}

/** Forgets the notes, but for those that have been made anew meanwhile. */
async function forget(
  { loaded: { rollups }, commit }: MaintenanceContext,
  changed: readonly DeviceHour[],
  generations: readonly (number | undefined)[],
  absurd: readonly HourNote[],
): Promise<void> {
  const settled = () => changed.filter((of, i) => rollups.notes.generation(of) === generations[i]);
  const isAbsurd = (of: DeviceHour) => absurd.some(({ device, hour }) => device === of.device && hour === of.hour);
  const lines = () => [
    ...settled().map((of) => noteLine(of, isAbsurd(of) ? 'absurd' : undefined)),
    ...absurd.filter((of) => !rollups.notes.isStale(of)).map((of) => noteLine(of, 'absurd')),
  ];
  await commit(
    () => [lines()],
    () => {
      for (const of of settled()) rollups.notes.remove(of);
      for (const note of absurd) if (!rollups.notes.isStale(note)) rollups.notes.set(note);
      const { domain } = changed[0]!;
      const hours = new Set([...changed, ...absurd].map(({ hour }) => hour));
      rollups.rows['1h'].touch(domain, hours);
      const partsOf = (hour: number) => rollups.partsOf(domain).at(hour) | partsOfExpired(rollups, domain, hour);
      const withMinutes = [...hours].filter((hour) => (partsOf(hour) & HourParts.minutes) > 0);
      rollups.rows['1m'].touch(domain, withMinutes);
    },
  );
}
