import { setImmediate } from 'node:timers/promises';
import type { LabelSpan, MetricDefinition, Series } from '@seawall/model';
import {
  cursorSeq,
  StoreUnavailableError,
  type Cursor,
  type OnRefused,
  type RefusedReading,
  type StoreChange,
} from '@seawall/ports';
import { BodyQueue } from './body-queue.ts';
import type { InfluxConnection } from './influx-connection.ts';
import { measurementName } from './influx-names.ts';
import { keepMeasurements } from './keep-measurements.ts';
import type { KnownRefusals } from './known-refusals.ts';
import { LineBodies, type Body, type LineSource } from './line-bodies.ts';
import type { Loaded } from './open-influx-store.ts';
import { movesFor, retagDevices, stretchesOf, type Move } from './retag.ts';
import { rollupMeasurement, TIERS } from './rollup-tiers.ts';
import { noteLine } from './store-state.ts';
import { staleHours } from './stale-hours.ts';
import { refusedReading, writeBody, type NotTaken } from './split-refused.ts';
import { countLine, cursorLine, labelsLine, metricLine, ownerLine, retaggingLine } from './store-state.ts';

/** What a write says of labels and metrics: the last word on each. */
interface Descriptions {
  /** By device. */
  readonly spans: ReadonlyMap<string, readonly LabelSpan[]>;
  readonly metrics: readonly MetricDefinition[];
}

/**
 * Writes changes in such an order that a crash at any point leaves what the same write makes whole again: first stored
 * readings move to the tags that their device has from now on, then come new readings, then what is to be remembered, and
 * the cursor last.
 * @returns whether the catalogue is right; it is not where InfluxDB has not taken some of the readings
 */
export async function writeChanges(
  connection: InfluxConnection,
  loaded: Loaded,
  known: KnownRefusals,
  changes: readonly StoreChange[],
  cursor: Cursor,
  onRefused: OnRefused | undefined,
): Promise<boolean> {
  const descriptions = descriptionsOf(changes);
  const moves = movesFor(loaded.catalogue, descriptions.spans, loaded.retagging);
  // Until the new labels are known, nobody can tell under which tags readings stand.
  return loaded.gate.during(stretchesOf(moves), () =>
    writeInOrder(connection, loaded, known, { changes, cursor, descriptions, moves }, onRefused),
  );
}

/** What a write is about. */
interface Writing {
  readonly changes: readonly StoreChange[];
  readonly cursor: Cursor;
  readonly descriptions: Descriptions;
  readonly moves: readonly Move[];
}

async function writeInOrder(
  connection: InfluxConnection,
  loaded: Loaded,
  known: KnownRefusals,
  { changes, cursor, descriptions, moves }: Writing,
  onRefused: OnRefused | undefined,
): Promise<boolean> {
  const { catalogue, counts, rollups } = loaded;
  await keepDomains(connection, loaded, changes);
  const retagged = await retagDevices(connection, moves, loaded.retagging, rollups);
  for (const device of descriptions.spans.keys()) loaded.heads.forget(device, catalogue.seriesOf(device));
  await noteStale(connection, loaded, changes);
  const { refused, expired, isDoubtful } = await writeReadings(connection, loaded, known, changes, descriptions);
  if (refused.length > 0) await tellRefused(refused, onRefused);
  await writeState(connection, [
    ...[...descriptions.spans].map(([device, spans]) => labelsLine(device, spans)),
    ...descriptions.metrics.map(metricLine),
    ...retagged.map((device) => retaggingLine(device, false)),
    ...counts.noted().map(countLine),
    ...(connection.log === undefined ? [] : [ownerLine(connection.log)]),
    cursorLine(cursor),
  ]);
  for (const [device, spans] of descriptions.spans) catalogue.setSpans(device, spans);
  for (const definition of descriptions.metrics) catalogue.setMetric(definition);
  catalogue.commit();
  counts.commit();
  loaded.retagging.clear();
  loaded.cursor = cursor;
  loaded.sinceOpening.expiredAtOnce += expired;
  return !isDoubtful;
}

/** Before readings that make hours stale are there to be read, it is known of these hours. */
async function noteStale(
  connection: InfluxConnection,
  { rollups, cursor }: Loaded,
  changes: readonly StoreChange[],
): Promise<void> {
  const { notes, rolling } = rollups;
  const stale = staleHours(changes, cursorSeq(cursor), rolling.rollingTo);
  if (stale.length === 0) return;
  const lines = stale.filter((of) => !notes.isStale(of)).map((of) => noteLine(of, 'stale'));
  await writeState(connection, lines);
  for (const of of stale) notes.set({ ...of, kind: 'stale' });
}

/** Before anything is deleted of them. */
async function keepDomains(
  connection: InfluxConnection,
  { catalogue, keptDomains }: Loaded,
  changes: readonly StoreChange[],
): Promise<void> {
  const fresh = new Set<string>();
  const note = ({ domain }: Series) => {
    if (!keptDomains.has(domain)) fresh.add(domain);
  };
  if (keptDomains.size === 0) catalogue.stored().forEach(note);
  for (const change of changes) if (change.kind === 'readings') change.batch.series.forEach(note);
  const measurements = [...fresh].flatMap((domain) => [
    measurementName(domain),
    ...TIERS.map(({ name }) => rollupMeasurement(domain, name)),
  ]);
  await keepMeasurements(connection, measurements);
  for (const domain of fresh) keptDomains.add(domain);
}

function descriptionsOf(changes: readonly StoreChange[]): Descriptions {
  const spans = new Map<string, readonly LabelSpan[]>();
  const metrics: MetricDefinition[] = [];
  for (const change of changes) {
    if (change.kind === 'labels') spans.set(change.device, change.spans);
    if (change.kind === 'metrics') metrics.push(...change.metrics);
  }
  return { spans, metrics };
}

/** Readings that InfluxDB has not taken. */
interface Written {
  /** Those that it does not take, whatever they are sent with. */
  readonly refused: readonly RefusedReading[];
  /** Points that InfluxDB has dropped as older than it keeps. */
  readonly expired: number;
  /** Whether it was noted of some that they are stored. */
  readonly isDoubtful: boolean;
}

async function writeReadings(
  connection: InfluxConnection,
  { catalogue, counts, heads, cursor }: Loaded,
  known: KnownRefusals,
  changes: readonly StoreChange[],
  { spans }: Descriptions,
): Promise<Written> {
  const domainOf = (id: number) => catalogue.table.at(id).domain;
  const source: LineSource = {
    catalogue,
    heads,
    spansOf: (device) => spans.get(device) ?? catalogue.spansOf(device),
    refusalOf: (series: Series) => known.of(series),
    onReading: (id, micros, value) => {
      const later = catalogue.latest.note(id, micros, value);
      counts.note(id, domainOf, micros, later);
      return later;
    },
  };
  const bodies = new LineBodies(source);
  const notTaken: NotTaken = { refused: [], expired: 0 };
  const splitting = { source, known, write: (text: string) => connection.write('raw', text) };
  const queue = new BodyQueue<Body>((body) => writeBody(body, splitting, notTaken));
  const written = cursorSeq(cursor);
  for (const change of changes) {
    if (change.kind !== 'readings' || change.seq <= written) continue;
    bodies.add(change);
    const full = bodies.takeFull();
    for (const body of full) queue.push(body);
    // They go out while the next are made.
    if (full.length > 0) await setImmediate();
    if (queue.hasFailed) break;
  }
  for (const body of bodies.takeRest()) queue.push(body);
  await queue.finished();
  // Of these it was noted that they are stored.
  const isDoubtful = notTaken.refused.length > 0 || notTaken.expired > 0;
  if (isDoubtful) counts.doubt();
  notTaken.refused.push(...bodies.leftOut.map(({ given, said }) => refusedReading(given, said)));
  return { ...notTaken, isDoubtful };
}

async function tellRefused(refused: readonly RefusedReading[], onRefused: OnRefused | undefined): Promise<void> {
  if (onRefused === undefined) throw new StoreUnavailableError(`A reading can't be stored. ${refused[0]!.detail}`);
  await onRefused(refused);
}

const LINES_A_BODY = 5_000;

/** In bodies one after the other: what stands before the cursor is remembered before it. */
export async function writeState(connection: InfluxConnection, lines: readonly string[]): Promise<void> {
  for (let i = 0; i < lines.length; i += LINES_A_BODY)
    await connection.write('hub', lines.slice(i, i + LINES_A_BODY).join('\n'));
}
