import type { LabelSpan, MetricDefinition, Series } from '@seawall/model';
import {
  cursorSeq,
  StoreUnavailableError,
  type Cursor,
  type OnRefused,
  type RefusedReading,
  type StoreChange,
} from '@seawall/ports';
import type { InfluxConnection } from './influx-connection.ts';
import type { KnownRefusals } from './known-refusals.ts';
import { inLanes, LANES } from './lanes.ts';
import { LineBodies, seriesOf, type LineSource } from './line-bodies.ts';
import type { Loaded } from './open-influx-store.ts';
import { retagDevices } from './retag.ts';
import { refusedReading, writeBody, type NotTaken } from './split-refused.ts';
import { cursorLine, labelsLine, metricLine } from './store-state.ts';

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
 */
export async function writeChanges(
  connection: InfluxConnection,
  loaded: Loaded,
  known: KnownRefusals,
  changes: readonly StoreChange[],
  cursor: Cursor,
  onRefused: OnRefused | undefined,
): Promise<void> {
  const { catalogue } = loaded;
  const descriptions = descriptionsOf(changes);
  await retagDevices(connection, loaded, descriptions.spans);
  for (const device of descriptions.spans.keys()) loaded.heads.forget(device, catalogue.seriesOf(device));
  const refused = await writeReadings(connection, loaded, known, changes, descriptions);
  if (refused.length > 0) await tellRefused(refused, onRefused);
  await writeState(connection, descriptions, cursor);
  for (const [device, spans] of descriptions.spans) catalogue.setSpans(device, spans);
  for (const definition of descriptions.metrics) catalogue.setMetric(definition);
  catalogue.commit();
  loaded.cursor = cursor;
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

/** @returns those that InfluxDB does not take, whatever they are sent with */
async function writeReadings(
  connection: InfluxConnection,
  { catalogue, heads, cursor }: Loaded,
  known: KnownRefusals,
  changes: readonly StoreChange[],
  { spans }: Descriptions,
): Promise<readonly RefusedReading[]> {
  const source: LineSource = {
    catalogue,
    heads,
    spansOf: (device) => spans.get(device) ?? catalogue.spansOf(device),
    leavesOut: (series: Series) => known.of(series) !== undefined,
    onReading: (id, micros, value) => catalogue.latest.note(id, micros, value),
  };
  const bodies = new LineBodies(source, LANES);
  const written = cursorSeq(cursor);
  for (const change of changes) if (change.kind === 'readings' && change.seq > written) bodies.add(change);
  const { lanes, leftOut } = bodies.take();
  const notTaken: NotTaken = {
    refused: leftOut.map((given) => refusedReading(given, known.of(seriesOf(given))!)),
    expired: 0,
  };
  const splitting = { source, known, write: (text: string) => connection.write('raw', text) };
  await inLanes(lanes, (body) => writeBody(body, splitting, notTaken));
  return notTaken.refused;
}

async function tellRefused(refused: readonly RefusedReading[], onRefused: OnRefused | undefined): Promise<void> {
  if (onRefused === undefined) throw new StoreUnavailableError(`A reading can't be stored. ${refused[0]!.detail}`);
  await onRefused(refused);
}

const LINES_A_BODY = 5_000;

/** The cursor is in the last body: what is to be remembered stands before it. */
async function writeState(
  connection: InfluxConnection,
  { spans, metrics }: Descriptions,
  cursor: Cursor,
): Promise<void> {
  const lines = [...spans].map(([device, history]) => labelsLine(device, history));
  lines.push(...metrics.map(metricLine), cursorLine(cursor));
  for (let i = 0; i < lines.length; i += LINES_A_BODY)
    await connection.write('hub', lines.slice(i, i + LINES_A_BODY).join('\n'));
}
