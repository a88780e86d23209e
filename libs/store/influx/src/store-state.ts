import type { LabelSpan, MetricDefinition } from '@seawall/model';
import { JOURNAL_START, type Cursor } from '@seawall/ports';
import type { InfluxConnection } from './influx-connection.ts';
import { field, measurementOf, tag } from './influx-ql.ts';
import { decodeName, tagValue } from './influx-names.ts';
import { textLine } from './line-protocol.ts';
import type { Cell, Rows } from './read-rows.ts';
import type { KeptSince } from '@seawall/query';
import type { DeviceHour, HourNote, NoteKind } from './hour-notes.ts';
import type { HourRun } from './hour-parts.ts';
import type { PolicyDurations } from './policy-durations.ts';
import type { HourCount } from './reading-counts.ts';
import type { Rolling } from './rollups.ts';

/**
 * What the store must remember besides readings. It is kept in InfluxDB itself, in the policy `hub`, one point for each
 * thing at the epoch, so that writing it again replaces it.
 */
export interface StoreState {
  readonly cursor: Cursor;
  /** The log that the cursor is a place in; undefined where nobody has said. */
  readonly log: string | undefined;
  /** By device. */
  readonly spans: ReadonlyMap<string, readonly LabelSpan[]>;
  readonly metrics: readonly MetricDefinition[];
  /** Devices whose readings were being moved to other tags: some may stand under any that they ever had. */
  readonly retagging: ReadonlySet<string>;
  readonly counts: readonly HourCount[];
  readonly rolling: Rolling;
  /** By domain: from when on its tiers hold anything. */
  readonly kept: ReadonlyMap<string, KeptSince>;
  /** By domain: which hours have more than their own rows. */
  readonly parts: ReadonlyMap<string, readonly HourRun[]>;
  readonly notes: readonly HourNote[];
  readonly durations: PolicyDurations;
}

const CURSOR = 'hub/cursor';
const LABELS = 'hub/labels';
const METRICS = 'hub/metrics';
const RETAGGING = 'hub/retagging';
/** Of these there is a point for each hour. */
export const COUNTS = 'hub/counts';

const ROLLING = 'hub/rolling';
const POLICIES = 'hub/policies';
const KEPT = 'hub/kept';
const PARTS = 'hub/parts';
/** Of these there is a point for each hour of a device: 0 where there is no note any more, or a kind of note. */
const NOTES = 'hub/notes';
const NOTE_KINDS = [
  undefined,
  'stale',
  'stale', // Before rows could hold absurd values: hours of such, which had none.
  'absurd',
] as const;

/** InfluxDB takes 64 kB of text; a character is four bytes at most. */
const PIECE_CHARACTERS = 16_000;

export async function loadState(connection: InfluxConnection): Promise<StoreState> {
  const spans = new Map<string, readonly LabelSpan[]>();
  const metrics: MetricDefinition[] = [];
  const retagging = new Set<string>();
  const { cursor, log } = await loadPlace(connection);
  for await (const { tags, text } of textsOf(connection, LABELS)) spans.set(decodeName(tags['device']!), spansOf(text));
  for await (const { text } of textsOf(connection, METRICS)) metrics.push(JSON.parse(text) as MetricDefinition);
  for await (const { tags, text } of textsOf(connection, RETAGGING))
    if (text === 'yes') retagging.add(decodeName(tags['device']!));
  return {
    cursor,
    log,
    spans,
    metrics,
    retagging,
    counts: await loadCounts(connection),
    ...(await loadRollups(connection)),
  };
}

/** The place in the log, and which log it is. */
export async function loadPlace(connection: InfluxConnection): Promise<Pick<StoreState, 'cursor' | 'log'>> {
  let cursor = JOURNAL_START;
  let log: string | undefined;
  for await (const { tags, text } of textsOf(connection, CURSOR)) {
    if (tags['of'] === 'log') cursor = text as Cursor;
    if (tags['of'] === 'owner') log = text;
  }
  return { cursor, log };
}

export function cursorLine(cursor: Cursor): string {
  return line(CURSOR, { of: 'log' }, cursor);
}

/** @param log as in `InfluxStoreOptions` */
export function ownerLine(log: string): string {
  return line(CURSOR, { of: 'owner' }, log);
}

export function labelsLine(device: string, spans: readonly LabelSpan[]): string {
  // JSON has no infinity.
  const text = JSON.stringify(spans.map(({ from, labels }) => [from === -Infinity ? null : from, labels]));
  return line(LABELS, { device: tagValue(device) }, text);
}

export function metricLine(definition: MetricDefinition): string {
  const { domain, metric } = definition;
  return line(METRICS, { domain: tagValue(domain), metric: tagValue(metric) }, JSON.stringify(definition));
}

export function retaggingLine(device: string, begun: boolean): string {
  return line(RETAGGING, { device: tagValue(device) }, begun ? 'yes' : 'no');
}

/** An hour that must be counted has -1. */
export function countLine({ domain, hour, count }: HourCount): string {
  return textLine(COUNTS, { domain: tagValue(domain) }, { readings: count ?? -1 }, hour);
}

async function loadCounts(connection: InfluxConnection): Promise<readonly HourCount[]> {
  const counts: HourCount[] = [];
  const statement = `SELECT ${field('readings')} FROM ${measurementOf('hub', COUNTS)} GROUP BY ${tag('domain')}`;
  for await (const { tags, values } of connection.statement(statement, { policy: 'hub' }))
    for (const [hour, readings] of values as readonly (readonly [number, number])[])
      counts.push({ domain: decodeName(tags['domain']!), hour, count: readings < 0 ? undefined : readings });
  return counts;
}

export function rollingLine(rolling: Rolling): string {
  return line(ROLLING, { of: 'log' }, JSON.stringify(rolling));
}

export function policiesLine(durations: PolicyDurations): string {
  return line(POLICIES, { of: 'log' }, JSON.stringify(durations));
}

/** @param kept undefined: nothing has expired */
export function keptLine(domain: string, kept: KeptSince | undefined): string {
  return line(KEPT, { domain: tagValue(domain) }, JSON.stringify(kept ?? null));
}

export function partsLine(domain: string, runs: readonly HourRun[]): string {
  return line(PARTS, { domain: tagValue(domain) }, JSON.stringify(runs));
}

/** @param kind undefined: there is no note any more */
export function noteLine(of: DeviceHour, kind: NoteKind | undefined): string {
  const tags = { domain: tagValue(of.domain), device: tagValue(of.device) };
  return textLine(NOTES, tags, { kind: NOTE_KINDS.indexOf(kind) }, of.hour);
}

async function loadRollups(
  connection: InfluxConnection,
): Promise<Pick<StoreState, 'rolling' | 'kept' | 'parts' | 'notes' | 'durations'>> {
  let rolling: Rolling = { rolledTo: 0, rollingTo: 0 };
  let durations: PolicyDurations = {};
  for await (const { text } of textsOf(connection, POLICIES)) durations = JSON.parse(text) as PolicyDurations;
  const kept = new Map<string, KeptSince>();
  const parts = new Map<string, readonly HourRun[]>();
  for await (const { text } of textsOf(connection, ROLLING)) rolling = JSON.parse(text) as Rolling;
  for await (const { tags, text } of textsOf(connection, KEPT)) {
    const of = JSON.parse(text) as KeptSince | null;
    if (of !== null) kept.set(decodeName(tags['domain']!), of);
  }
  for await (const { tags, text } of textsOf(connection, PARTS))
    parts.set(decodeName(tags['domain']!), JSON.parse(text) as HourRun[]);
  return { rolling, kept, parts, durations, notes: await loadNotes(connection) };
}

async function loadNotes(connection: InfluxConnection): Promise<readonly HourNote[]> {
  const notes: HourNote[] = [];
  const kind = field('kind');
  const statement = `SELECT ${kind} FROM ${measurementOf('hub', NOTES)} WHERE ${kind} > 0 GROUP BY ${tag('domain')}, ${tag('device')}`;
  for await (const { tags, values } of connection.statement(statement, { policy: 'hub' })) {
    const [domain, device] = [decodeName(tags['domain']!), decodeName(tags['device']!)];
    for (const [hour, number] of values as readonly (readonly [number, number])[])
      notes.push({ domain, device, hour, kind: NOTE_KINDS[number]! });
  }
  return notes;
}

function spansOf(text: string): readonly LabelSpan[] {
  const spans = JSON.parse(text) as [number | null, LabelSpan['labels']][];
  return spans.map(([from, labels]) => ({ from: from ?? -Infinity, labels }));
}

/** One text, in as many pieces as it needs. */
function line(measurement: string, tags: Readonly<Record<string, string>>, text: string): string {
  const pieces = piecesOf(text);
  const fields = Object.fromEntries(pieces.map((piece, i) => [`p${i}`, piece]));
  return textLine(measurement, tags, { pieces: pieces.length, ...fields }, 0);
}

function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  for (let begin = 0; begin < text.length;) {
    let end = begin + PIECE_CHARACTERS;
    // The two halves of a character stay together.
    if (end < text.length && /[\udc00-\udfff]/.test(text[end]!)) end--;
    pieces.push(text.slice(begin, end));
    begin = end;
  }
  return pieces;
}

async function* textsOf(
  connection: InfluxConnection,
  measurement: string,
): AsyncGenerator<{ readonly tags: Rows['tags']; readonly text: string }> {
  const statement = `SELECT *::field FROM ${measurementOf('hub', measurement)} GROUP BY *`;
  for await (const { tags, columns, values } of connection.statement(statement, { policy: 'hub' }))
    for (const row of values) yield { tags, text: wholeText(columns, row) };
}

function wholeText(columns: readonly string[], row: readonly Cell[]): string {
  const cell = (name: string) => row[columns.indexOf(name)];
  return Array.from({ length: Number(cell('pieces')) }, (_, i) => cell(`p${i}`)).join('');
}
