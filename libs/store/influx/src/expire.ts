import { microsOf, type QuerySource } from '@seawall/model';
import { expiresBefore, keptFor } from '@seawall/ports';
import { HOUR_MICROS, keptAfter } from '@seawall/query';
import { HourParts } from './hour-parts.ts';
import { allOf, identifier, moment, string, tag } from './influx-ql.ts';
import { measurementName, tagValue } from './influx-names.ts';
import { BUT_KEPT } from './keep-measurements.ts';
import type { MaintenanceContext } from './maintenance.ts';
import { makeRows } from './make-rows.ts';
import type { Loaded } from './open-influx-store.ts';
import { repair } from './repair.ts';
import { PIECE_READINGS, rollUpStep } from './roll-up.ts';
import { MINUTES, rollupMeasurement, TIERS, type Tier } from './rollup-tiers.ts';
import { countLine, COUNTS, keptLine, noteLine, partsLine } from './store-state.ts';

const HOURS_AT_ONCE = 7 * 24;

/** A domain whose tiers expire, or have once. */
interface Expiring {
  readonly domain: string;
  /** Microseconds before which each tier has expired; -Infinity: it is kept for good. */
  readonly before: Readonly<Record<QuerySource, number>>;
}

/** Removes what domains keep no longer, once what outlives it has been made of it. */
export async function expireStep(context: MaintenanceContext): Promise<boolean> {
  for (const expiring of expiringDomains(context)) {
    if (await forgetExpiry(context, expiring)) return true;
    if (await expireReadings(context, expiring)) return true;
    for (const tier of TIERS) if (await expireRollup(context, expiring, tier)) return true;
  }
  return false;
}

function expiringDomains({ loaded: { catalogue, rollups }, now, retention }: MaintenanceContext): readonly Expiring[] {
  const before = (tier: QuerySource, domain: string) => microsOf(expiresBefore(now, keptFor(retention[tier], domain)));
  return [...new Set(catalogue.stored().map(({ domain }) => domain))]
    .map((domain) => ({
      domain,
      before: { raw: before('raw', domain), '1m': before('1m', domain), '1h': before('1h', domain) },
    }))
    .filter(({ domain, before: of }) => rollups.kept.has(domain) || Object.values(of).some((at) => at > -Infinity));
}

/**
 * Of a domain that is to be kept longer than it was, and of which nothing at all is left from before: as if nothing had
 * expired, so that what is brought back of that time is found again. Where rollups are left, they go on to answer alone.
 */
async function forgetExpiry(context: MaintenanceContext, { domain, before }: Expiring): Promise<boolean> {
  const { connection, loaded, commit } = context;
  const { rollups, counts } = loaded;
  const since = rollups.kept.get(domain)?.raw;
  if (since === undefined || before.raw >= since || rollups.outlived.has(domain)) return false;
  if (counts.hasBefore(domain, since)) return false;
  for (const { name } of TIERS)
    if (await rollups.rows[name].hasBefore(connection, domain, since)) {
      rollups.outlived.add(domain);
      return false;
    }
  await commit(
    () => [[keptLine(domain, undefined)]],
    () => rollups.kept.delete(domain),
  );
  return true;
}

async function expireReadings(context: MaintenanceContext, { domain, before }: Expiring): Promise<boolean> {
  const { counts, rollups } = context.loaded;
  if (!counts.hasBefore(domain, before.raw)) return false;
  const outlive = TIERS.filter(({ name }) => before[name] < before.raw);
  if (outlive.length === 0) return removeReadings(context, domain, before.raw, outlive);
  // Whole hours, and those that are rolled up.
  const end = Math.min(Math.floor(before.raw / HOUR_MICROS) * HOUR_MICROS, rollups.rolling.rolledTo);
  if (counts.hasBefore(domain, end)) {
    if (rollups.notes.firstStale(end, domain) !== undefined) return repair(context, domain);
    const parts = HourParts.sketches | (outlive.includes(MINUTES) ? HourParts.minutes : HourParts.none);
    if (await makeParts(context, domain, end, parts)) return true;
    return removeReadings(context, domain, end, outlive);
  }
  return end < before.raw - HOUR_MICROS && rollUpStep(context);
}

/** Makes of readings before the hour `end` what is to outlive them. @returns whether there was something to make */
async function makeParts(context: MaintenanceContext, domain: string, end: number, parts: number): Promise<boolean> {
  const { connection, loaded, piece, signal, commit } = context;
  const { rollups, counts } = loaded;
  const since = rollups.kept.get(domain)?.raw ?? 0;
  const before = rollups.partsOf(domain);
  const hours = counts
    .all()
    .filter((of) => of.domain === domain && of.hour >= since && of.hour < end && (before.at(of.hour) & parts) !== parts)
    .sort((a, b) => a.hour - b.hour);
  const [first] = hours;
  if (first === undefined) return false;
  let to = first.hour;
  let readings = 0;
  for (const { hour, count = PIECE_READINGS } of hours) {
    if (readings >= PIECE_READINGS || hour >= first.hour + HOURS_AT_ONCE * HOUR_MICROS) break;
    to = hour + HOUR_MICROS;
    readings += count;
  }
  const what = {
    domain,
    from: first.hour,
    to,
    partsOf: (hour: number) => before.at(hour) | parts,
    wants: () => true,
    spares: () => false,
  };
  for (const devices of devicesAtOnce(loaded, domain, readings))
    await makeRows(connection, loaded, piece, { ...what, devices }, signal);
  // From the last hour before that has them on: what lies between has no readings.
  const from = before.runs.filter(([, at]) => at <= first.hour).reduce((most, [, at]) => Math.max(most, at), since);
  const made = before.adding(from, to, parts);
  await commit(
    () => [[partsLine(domain, made.runs)]],
    () => {
      rollups.parts.set(domain, made);
      rollups.rows['1m'].touch(domain, made.minutesWithin(first.hour, to));
    },
  );
  return true;
}

/** So few that a piece holds no more readings than it should; all of them where they are few. */
function devicesAtOnce(
  { catalogue }: Loaded,
  domain: string,
  readings: number,
): readonly (readonly string[] | undefined)[] {
  if (readings <= 2 * PIECE_READINGS) return [undefined];
  const devices = [
    ...new Set(
      catalogue
        .stored()
        .filter((of) => of.domain === domain)
        .map(({ device }) => device),
    ),
  ];
  const each = Math.max(1, Math.ceil((devices.length * PIECE_READINGS) / readings));
  return Array.from({ length: Math.ceil(devices.length / each) }, (_, i) => devices.slice(i * each, (i + 1) * each));
}

/** Removes the readings before a moment (microseconds). From then on they are gone for whoever asks. */
async function removeReadings(
  { connection, loaded, signal, commit }: MaintenanceContext,
  domain: string,
  before: number,
  outlive: readonly Tier[],
): Promise<boolean> {
  const { rollups, counts } = loaded;
  const kept = keptAfter(rollups.kept.get(domain) ?? {}, before, counts.firstHour(domain), outlive);
  // As long as there are readings, these tell of absurd hours; then rows do.
  const absurd = () => rollups.notes.absurdBefore(domain, before);
  await commit(
    () => [[keptLine(domain, kept), ...absurd().map((of) => noteLine(of, undefined))]],
    () => {
      rollups.kept.set(domain, kept);
      for (const of of absurd()) rollups.notes.remove(of);
    },
  );
  await letReadersPass(loaded, domain, before, signal);
  counts.beginExpiring(domain);
  const older = `time < ${moment(before)}`;
  const ofReadings = `DELETE FROM ${identifier(measurementName(domain))} WHERE ${allOf([BUT_KEPT, older])}`;
  await connection.rows(ofReadings, { policy: 'raw', signal });
  const ofDomain = `${tag('domain')} = ${string(tagValue(domain))}`;
  const ofCounts = `DELETE FROM ${identifier(COUNTS)} WHERE ${allOf([ofDomain, older])}`;
  await connection.rows(ofCounts, { policy: 'hub', signal });
  await commit(
    () => [counts.writtenWhileExpiring(domain).map(countLine)],
    () => {
      counts.expire(domain, before);
      forgetBare(loaded, domain);
    },
  );
  return true;
}

/** Who asks from now on knows that it is gone; who has asked before counts on it. */
function letReadersPass({ gate }: Loaded, domain: string, before: number, signal?: AbortSignal): Promise<void> {
  return gate.passed([{ domains: new Set([domain]), from: -Infinity, to: before }], signal);
}

async function expireRollup(
  { connection, loaded, signal, commit }: MaintenanceContext,
  { domain, before }: Expiring,
  { name, stepMicros }: Tier,
): Promise<boolean> {
  const { rollups } = loaded;
  const end = Math.max(0, Math.floor(before[name] / stepMicros) * stepMicros);
  if (before[name] === -Infinity || !(await rollups.rows[name].hasBefore(connection, domain, end))) return false;
  const kept = { ...rollups.kept.get(domain), [name]: Math.max(rollups.kept.get(domain)?.[name] ?? 0, end) };
  await commit(
    () => [[keptLine(domain, kept)]],
    () => rollups.kept.set(domain, kept),
  );
  await letReadersPass(loaded, domain, end, signal);
  const statement = `DELETE FROM ${identifier(rollupMeasurement(domain, name))} WHERE ${allOf([BUT_KEPT, `time < ${moment(end)}`])}`;
  await connection.rows(statement, { policy: name, signal });
  await commit(
    () => [],
    () => {
      rollups.rows[name].expire(domain, end);
      rollups.outlived.delete(domain);
      forgetBare(loaded, domain);
    },
  );
  return true;
}

/** Series of which no tier holds anything any more. */
function forgetBare({ catalogue, rollups }: Loaded, domain: string): void {
  const { raw = -Infinity, '1m': minutes = 0, '1h': hours = 0 } = rollups.kept.get(domain) ?? {};
  const since = Math.min(raw, minutes, hours);
  catalogue.stored().forEach((series, id) => {
    if (series.domain === domain && catalogue.latest.micros(id) < since) catalogue.latest.forget(id);
  });
}
