import type { QueryAggregate, QuerySource } from '@seawall/model';
import { isPercentile } from '@seawall/query';
import type { BucketCells } from './bucket-cells.ts';
import { beginOf } from './compute-from-readings.ts';
import { Increases } from './increase-of.ts';
import { allOf, field, measurementOf, tag, within } from './influx-ql.ts';
import { decodeName, DEVICE_TAG, fieldName, measurementName } from './influx-names.ts';
import type { Portion } from './portions.ts';
import { devicesIn } from './query-statements.ts';
import type { Cell } from './read-rows.ts';
import type { KnownMoments } from './reading-moments.ts';
import { readingsBefore } from './readings-before.ts';
import { rollupMeasurement, rowField, SCALED_OF, type RowField, type ScalableField } from './rollup-tiers.ts';
import { isAtLimit } from './row-moments.ts';
import type { TierReading } from './run-tiered.ts';
import { SUM_SCALE } from './sum.ts';
import { windowsOf, type TierStretch, type Window } from './tier-stretches.ts';
import { devicesCondition } from './where-conditions.ts';

/** Stretches of time that are read one after the other, at most. */
const MAX_WINDOWS = 6;

/** Reads stretches of any shape: every reading or row of their devices, of which those within the stretches count. */
export async function readOneByOne(
  reading: TierReading,
  portion: Portion,
  source: QuerySource,
  stretches: readonly TierStretch[],
  cells: BucketCells,
): Promise<void> {
  for (const window of windowsOf(stretches, MAX_WINDOWS)) {
    if (source === 'raw') await readReadings(reading, portion, window, cells);
    else await readRowsOf(reading, portion, source, window, cells);
  }
}

async function readReadings(reading: TierReading, portion: Portion, window: Window, cells: BucketCells): Promise<void> {
  const { connection, asked, runs, signal, expired } = reading;
  const { domain, metric } = portion;
  const { aggregate } = asked.plan;
  const ranked = aggregate.some(isPercentile);
  const own = byDevice(asked, window);
  const devices = devicesAsked(reading, portion, own);
  const what = { ...window, domain, metrics: [metric], devices, expired: expired.get(domain) ?? -Infinity };
  const before = aggregate.includes('rate') ? await readingsBefore(connection, what, signal) : undefined;
  const source = measurementOf('raw', measurementName(domain));
  const statement = `SELECT ${field(fieldName(metric))} FROM ${source} WHERE ${whereOf(devices, window)} GROUP BY ${tag(DEVICE_TAG)}`;
  let finder: StretchFinder | undefined;
  let increases = new Increases();
  for await (const { tags, values } of connection.query(statement, signal)) {
    const device = decodeName(tags[DEVICE_TAG]!);
    if (device !== finder?.device) {
      finder = new StretchFinder(device, own.get(device) ?? []);
      increases = new Increases(before?.get(device)?.get(metric));
    }
    for (const [micros, value] of values as readonly (readonly [number, number])[]) {
      const increase = increases.endedBy(micros, value);
      const group = finder.groupAt(micros);
      if (group !== undefined) cells.at(group, beginOf(runs, micros)).addReading(micros, value, increase, ranked);
    }
  }
}

async function readRowsOf(
  reading: TierReading,
  portion: Portion,
  tier: Exclude<QuerySource, 'raw'>,
  window: Window,
  cells: BucketCells,
): Promise<void> {
  const { connection, asked, runs, signal } = reading;
  const { domain, metric } = portion;
  const own = byDevice(asked, window);
  const fields = rowFieldsFor(asked.plan.aggregate);
  const columns = fields.map((name) => field(rowField(metric, name)));
  const source = measurementOf(tier, rollupMeasurement(domain, tier));
  const where = whereOf(devicesAsked(reading, portion, own), window);
  const statement = `SELECT ${columns.join(', ')} FROM ${source} WHERE ${where} GROUP BY ${tag(DEVICE_TAG)}`;
  let finder: StretchFinder | undefined;
  for await (const { tags, values } of connection.query(statement, signal)) {
    const device = decodeName(tags[DEVICE_TAG]!);
    if (device !== finder?.device) finder = new StretchFinder(device, own.get(device) ?? []);
    for (const row of values) {
      const micros = row[0] as number;
      const group = finder.groupAt(micros);
      if (group === undefined) continue;
      const { known, sketch } = rowKnown(fields, row, micros);
      if (known.count > 0) cells.at(group, beginOf(runs, micros)).addKnown(known, sketch);
    }
  }
}

function rowFieldsFor(aggregates: readonly QueryAggregate[]): readonly RowField[] {
  const fields = new Set<RowField>(['count']);
  for (const name of aggregates) {
    if (isPercentile(name)) fields.add('sketch').add('min').add('max');
    else if (name === 'stddev') fields.add('sum').add('m2');
    else if (name === 'first') fields.add('first').add('first_at');
    else if (name === 'last') fields.add('last').add('last_at');
    else if (name === 'rate') fields.add('increase').add('increases');
    else fields.add(name === 'mean' ? 'sum' : name);
  }
  for (const name of fields) if (name in SCALED_OF) fields.add(SCALED_OF[name as ScalableField]);
  return [...fields];
}

function rowKnown(
  fields: readonly RowField[],
  row: readonly Cell[],
  begin: number,
): { readonly known: KnownMoments; readonly sketch: string | undefined } {
  const cell = (name: RowField) => row[fields.indexOf(name) + 1] ?? undefined;
  const of = (name: RowField) => (fields.includes(name) ? (cell(name) as number | undefined) : undefined);
  const timed = (value: RowField, at: RowField) =>
    of(value) === undefined ? undefined : ([begin + of(at)!, of(value)!] as const);
  /** What is at its limit is more, or nothing. */
  const scaled = (name: ScalableField) => (isAtLimit(of(name) ?? 0) ? of(SCALED_OF[name]) : undefined);
  const sumOf = (name: 'sum' | 'increase') => {
    const small = scaled(name);
    return small === undefined ? of(name) : small * SUM_SCALE;
  };
  return {
    known: {
      count: of('count') ?? 0,
      sum: sumOf('sum'),
      scaledSum: scaled('sum'),
      m2: scaled('m2') === undefined ? of('m2') : Infinity,
      scaledM2: scaled('m2'),
      min: of('min'),
      max: of('max'),
      first: timed('first', 'first_at'),
      last: timed('last', 'last_at'),
      increase: sumOf('increase'),
      scaledIncrease: scaled('increase'),
      increases: of('increases'),
    },
    sketch: fields.includes('sketch') ? (cell('sketch') as string | undefined) : undefined,
  };
}

function byDevice({ catalogue }: TierReading['asked'], { stretches }: Window): Map<string, TierStretch[]> {
  const own = new Map<string, TierStretch[]>();
  for (const stretch of stretches) {
    const { device } = catalogue.table.at(stretch.series);
    const others = own.get(device);
    if (others === undefined) own.set(device, [stretch]);
    else others.push(stretch);
  }
  for (const of of own.values()) of.sort((a, b) => a.from - b.from);
  return own;
}

/** @returns undefined where it is all that have the metric */
function devicesAsked(
  { asked: { catalogue } }: TierReading,
  portion: Portion,
  own: ReadonlyMap<string, unknown>,
): readonly string[] | undefined {
  return own.size === devicesIn(catalogue, portion) ? undefined : [...own.keys()];
}

function whereOf(devices: readonly string[] | undefined, { from, to }: Window): string {
  return allOf([...(devices === undefined ? [] : [devicesCondition(devices)]), within(from, to)]);
}

/** Finds the stretch that a moment lies in; of moments that come in the order of time. */
class StretchFinder {
  readonly device: string;
  readonly #stretches: readonly TierStretch[];
  #at = 0;

  constructor(device: string, stretches: readonly TierStretch[]) {
    this.device = device;
    this.#stretches = stretches;
  }

  groupAt(micros: number): number | undefined {
    while (this.#at < this.#stretches.length && this.#stretches[this.#at]!.to <= micros) this.#at++;
    const stretch = this.#stretches[this.#at];
    return stretch !== undefined && micros >= stretch.from ? stretch.group : undefined;
  }
}
