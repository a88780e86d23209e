import { labelsAt, microsOf, type LabelSpan } from '@seawall/model';
import { StoreUnavailableError } from '@seawall/ports';
import type { RollupTier } from '@seawall/query';
import type { Catalogue } from './catalogue.ts';
import { BodyRefusedError } from './influx-failures.ts';
import type { InfluxConnection, Policy } from './influx-connection.ts';
import { allOf, anyOf, identifier, measurementOf, string, tag, within } from './influx-ql.ts';
import { decodeName, DEVICE_TAG, measurementName } from './influx-names.ts';
import { tagsOf } from './line-heads.ts';
import type { Stretch } from './move-gate.ts';
import { cellText, fieldHead, lineHead } from './line-protocol.ts';
import type { Rows } from './read-rows.ts';
import { rollupMeasurement, TIERS } from './rollup-tiers.ts';
import type { Rollups } from './rollups.ts';
import { retaggingLine } from './store-state.ts';

/** A device's readings of a stretch of time, which belong under one set of tags; whole microseconds. */
export interface Move {
  readonly domain: string;
  readonly device: string;
  readonly from: number;
  readonly to: number;
  readonly tags: Readonly<Record<string, string>>;
}

const DEVICES_AT_ONCE = 200;
const LINES_A_BODY = 5_000;

/**
 * What a write must move.
 * @param spans the new histories, by device
 * @param retagging devices of which nobody knows under which tags their readings stand
 */
export function movesFor(
  catalogue: Catalogue,
  spans: ReadonlyMap<string, readonly LabelSpan[]>,
  retagging: ReadonlySet<string>,
): readonly Move[] {
  return [...new Set([...retagging, ...spans.keys()])].flatMap((device) => {
    const before = retagging.has(device) ? undefined : catalogue.spansOf(device);
    return movesOf(catalogue, device, before, spans.get(device) ?? catalogue.spansOf(device));
  });
}

/** What is not to be read meanwhile: of each domain, since other devices' answers have moved readings in them as well. */
export function stretchesOf(moves: readonly Move[]): readonly Stretch[] {
  return togetherOf(moves).map(([{ domain, from, to }]) => ({ domains: new Set([domain]), from, to }));
}

/**
 * Moves stored readings to the tags that their devices have from now on, where these are others than before: what stands
 * under others is written under the new ones, and only then removed. So a crash leaves nothing out, and what it leaves twice
 * is found again, since the devices are noted first.
 * @returns the devices that were noted, for the write to forget again when it remembers their labels
 */
export async function retagDevices(
  connection: InfluxConnection,
  moves: readonly Move[],
  retagging: ReadonlySet<string>,
  rollups: Rollups,
): Promise<readonly string[]> {
  const devices = [...new Set([...retagging, ...moves.map(({ device }) => device)])];
  if (moves.length === 0) return devices;
  const notes = devices.map((device) => retaggingLine(device, true));
  for (let i = 0; i < notes.length; i += LINES_A_BODY)
    await connection.write('hub', notes.slice(i, i + LINES_A_BODY).join('\n'));
  await rollups.piece?.giveWay();
  const tiers = [undefined, ...TIERS.map(({ name }) => name)];
  for (const together of togetherOf(moves))
    for (const tier of tiers)
      if (tier === undefined || Math.max(0, together[0].from) < rollups.rolling.rollingTo)
        await moveAll(connection, together, tier);
  return devices;
}

/** What must move of a device. @param before its former history; undefined where readings may stand under any tags */
function movesOf(
  catalogue: Catalogue,
  device: string,
  before: readonly LabelSpan[] | undefined,
  after: readonly LabelSpan[],
): readonly Move[] {
  const stored = catalogue.seriesOf(device).filter((id) => catalogue.has(id));
  if (stored.length === 0) return [];
  const edges = [...new Set([...(before ?? []), ...after].map(({ from }) => from))].sort((a, b) => a - b);
  const domains = [...new Set(stored.map((id) => catalogue.table.at(id).domain))];
  return edges.flatMap((edge, i) => {
    const tags = tagsOf(device, labelsAt(after, edge));
    if (before !== undefined && isSame(tags, tagsOf(device, labelsAt(before, edge)))) return [];
    const [from, to] = [microsOf(edge), microsOf(edges[i + 1] ?? Infinity)];
    const reached = (domain: string) =>
      stored.some((id) => catalogue.table.at(id).domain === domain && catalogue.latest.micros(id) >= from);
    return domains.filter(reached).map((domain) => ({ domain, device, from, to, tags }));
  });
}

/** Those that one statement can look for: of one domain and one stretch of time. */
function togetherOf(moves: readonly Move[]): readonly (readonly [Move, ...Move[]])[] {
  const together = new Map<string, Move[]>();
  for (const move of moves) {
    const key = JSON.stringify([move.domain, move.from, move.to]);
    const others = together.get(key) ?? [];
    together.set(key, others);
    others.push(move);
  }
  const runs: [Move, ...Move[]][] = [];
  for (const all of together.values())
    for (let i = 0; i < all.length; i += DEVICES_AT_ONCE)
      runs.push(all.slice(i, i + DEVICES_AT_ONCE) as [Move, ...Move[]]);
  return runs;
}

/** @param tier undefined: readings; rows stand under the labels that hold at their begin, so they move like readings */
async function moveAll(
  connection: InfluxConnection,
  moves: readonly [Move, ...Move[]],
  tier: RollupTier | undefined,
): Promise<void> {
  const [{ domain, from, to }] = moves;
  const wanted = new Map(moves.map((move) => [move.device, move.tags]));
  const policy = tier ?? 'raw';
  const measurement = tier === undefined ? measurementName(domain) : rollupMeasurement(domain, tier);
  const devices = anyOf([...wanted.values()].map((tags) => `${tag(DEVICE_TAG)} = ${string(tags[DEVICE_TAG]!)}`));
  const found = `SELECT *::field FROM ${measurementOf(policy, measurement)} WHERE ${allOf([devices, within(from, to)])} GROUP BY *`;
  const left = new Map<string, string>();
  let lines: string[] = [];
  for await (const rows of connection.statement(found, { policy })) {
    const tags = wanted.get(decodeName(rows.tags[DEVICE_TAG]!))!;
    if (isSame(tags, presentIn(rows.tags))) continue;
    left.set(JSON.stringify(rows.tags), tagSetCondition(rows.tags, tags));
    lines.push(...linesOf(lineHead(measurement, tags), rows));
    if (lines.length >= LINES_A_BODY) lines = await written(connection, policy, lines);
  }
  await written(connection, policy, lines);
  if (left.size === 0) return;
  await connection.rows(
    `DELETE FROM ${identifier(measurement)} WHERE ${allOf([anyOf([...left.values()]), within(from, to)])}`,
    { policy },
  );
}

/** @returns none, for the next */
async function written(connection: InfluxConnection, policy: Policy, lines: readonly string[]): Promise<string[]> {
  try {
    for (let i = 0; i < lines.length; i += LINES_A_BODY)
      await connection.write(policy, lines.slice(i, i + LINES_A_BODY).join('\n'));
  } catch (error) {
    if (!(error instanceof BodyRefusedError)) throw error;
    // Readings that have expired meanwhile need no place any more.
    if (!/beyond retention policy/.test(error.message))
      throw new StoreUnavailableError(`Readings could not be put under their new labels: ${error.message}`, {
        cause: error,
      });
  }
  return [];
}

function linesOf(head: string, { columns, values }: Rows): string[] {
  const names = columns.map((name) => fieldHead(name));
  return values.map((row) => {
    const cells = row.flatMap((cell, i) => (i === 0 || cell === null ? [] : [names[i]! + cellText(cell)]));
    return `${head} ${cells.join(',')} ${String(row[0])}`;
  });
}

/**
 * To InfluxDB a tag that is not there is one with empty text; so this is one series, and no other. It tells only of tags that
 * somebody had when it was asked: without those of the new ones it would be that of the readings just written, too.
 */
function tagSetCondition(tags: Rows['tags'], others: Move['tags']): string {
  const names = new Set([...Object.keys(tags), ...Object.keys(others)]);
  return allOf([...names].map((name) => `${tag(name)} = ${string(tags[name] ?? '')}`));
}

function presentIn(tags: Rows['tags']): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).filter(([, value]) => value !== ''));
}

function isSame(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
