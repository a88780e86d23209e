import { labelsAt, type Labels, type LabelSpan } from '@seawall/model';
import { StoreUnavailableError } from '@seawall/ports';
import { HOUR_MICROS, MINUTE_MICROS } from '@seawall/query';
import { HourParts } from './hour-parts.ts';
import { Increases, type TimedValue } from './increase-of.ts';
import { BodyRefusedError } from './influx-failures.ts';
import type { InfluxConnection } from './influx-connection.ts';
import { allOf, measurementOf, tag, within } from './influx-ql.ts';
import { decodeName, DEVICE_TAG, FLAGS_SUFFIX, measurementName } from './influx-names.ts';
import { tagsOf } from './line-heads.ts';
import { fieldHead, lineHead } from './line-protocol.ts';
import type { Loaded } from './open-influx-store.ts';
import type { Cell } from './read-rows.ts';
import { metricsOf, readingsBefore } from './readings-before.ts';
import { rollupMeasurement, ROW_READINGS, TIERS, type Tier } from './rollup-tiers.ts';
import { RowMoments, rowHeads, type RowHeads } from './row-moments.ts';
import type { RowPiece } from './row-piece.ts';
import { devicesCondition } from './where-conditions.ts';

const LINES_A_BODY = 5_000;

/** Hours of a domain whose rows are to be made of their readings. */
export interface RowsToMake {
  readonly domain: string;
  /** Undefined: all of the domain. */
  readonly devices: readonly string[] | undefined;
  /** Begins of hours, in microseconds. */
  readonly from: number;
  readonly to: number;
  /** What is to be made of an hour beside its own row. */
  readonly partsOf: (hour: number) => number;
  readonly wants: (device: string, hour: number) => boolean;
  /** Whether a metric's row stays as it is, with so many readings of it left. */
  readonly spares: (device: string, metric: string, hour: number, readings: number) => boolean;
}

/** Hours of devices, with absurd values. */
export type AbsurdHours = readonly { readonly device: string; readonly hour: number }[];

/**
 * Reads a device after the other and writes a line for each hour and, where wanted, minute. Rows stand under the labels that
 * hold at their begin, so that there is one for a device and time.
 * @throws GaveWay, StoreUnavailableError
 */
export async function makeRows(
  connection: InfluxConnection,
  { catalogue, rollups }: Loaded,
  piece: RowPiece,
  what: RowsToMake,
  signal?: AbortSignal,
): Promise<AbsurdHours> {
  const { domain, devices, from, to } = what;
  const expired = rollups.kept.get(domain)?.raw ?? -Infinity;
  const metrics = metricsOf(catalogue, domain);
  const before = await readingsBefore(connection, { domain, metrics, devices, from, to, expired }, signal);
  const rows = new RowBodies(connection, piece);
  const absurd: { device: string; hour: number }[] = [];
  const heads = new Map<string, RowHeads>();
  const headsOf = (metric: string) => {
    const known = heads.get(metric) ?? rowHeads(metric);
    heads.set(metric, known);
    return known;
  };
  let fold: DeviceFold | undefined;
  const conditions = [...(devices === undefined ? [] : [devicesCondition(devices)]), within(from, to)];
  const statement = `SELECT *::field FROM ${measurementOf('raw', measurementName(domain))} WHERE ${allOf(conditions)} GROUP BY ${tag(DEVICE_TAG)}`;
  for await (const { tags, columns, values } of connection.statement(statement, { policy: 'raw', signal })) {
    const device = decodeName(tags[DEVICE_TAG]!);
    if (device !== fold?.device) {
      fold?.end();
      const headAt = headsAt(domain, device, catalogue.spansOf(device));
      fold = new DeviceFold(device, what, before.get(device), { headAt, headsOf, rows, absurd });
    }
    fold.add(columns, values);
    await rows.sendFull();
  }
  fold?.end();
  await rows.sendAll();
  return absurd;
}

/** What a device's lines begin with. */
function headsAt(domain: string, device: string, spans: readonly LabelSpan[]): FoldContext['headAt'] {
  const known = new Map<Tier, Map<Labels, string>>(TIERS.map((tier) => [tier, new Map<Labels, string>()]));
  return (tier, micros) => {
    const labels = labelsAt(spans, micros / 1000);
    const head = known.get(tier)!.get(labels) ?? lineHead(rollupMeasurement(domain, tier.name), tagsOf(device, labels));
    known.get(tier)!.set(labels, head);
    return head;
  };
}

interface FoldContext {
  readonly headAt: (tier: Tier, micros: number) => string;
  readonly headsOf: (metric: string) => RowHeads;
  readonly rows: RowBodies;
  readonly absurd: { device: string; hour: number }[];
}

/** A metric's readings of the open hour. */
interface MetricFold {
  readonly metric: string;
  readonly increases: Increases;
  hour: RowMoments | undefined;
  readonly minutes: Map<number, RowMoments>;
}

/** Folds a device's readings, as they come in the order of time, into rows. */
class DeviceFold {
  readonly device: string;
  readonly #what: RowsToMake;
  readonly #before: ReadonlyMap<string, readonly TimedValue[]> | undefined;
  readonly #context: FoldContext;
  readonly #metrics = new Map<string, MetricFold>();
  #hour = NaN;
  #parts = 0;
  #wanted = false;

  constructor(
    device: string,
    what: RowsToMake,
    before: ReadonlyMap<string, readonly TimedValue[]> | undefined,
    context: FoldContext,
  ) {
    this.device = device;
    this.#what = what;
    this.#before = before;
    this.#context = context;
  }

  add(columns: readonly string[], values: readonly (readonly Cell[])[]): void {
    const folds = columns.map((name, i) =>
      i === 0 || name.endsWith(FLAGS_SUFFIX) ? undefined : this.#of(decodeName(name)),
    );
    for (const row of values) {
      const micros = row[0] as number;
      const hour = Math.floor(micros / HOUR_MICROS) * HOUR_MICROS;
      if (hour !== this.#hour) this.#open(hour);
      for (let i = 1; i < row.length; i++) {
        const [fold, value] = [folds[i], row[i]];
        if (fold !== undefined && typeof value === 'number') this.#addTo(fold, micros, value);
      }
    }
  }

  end(): void {
    if (this.#wanted) this.#close();
    this.#hour = NaN;
  }

  #of(metric: string): MetricFold {
    const known = this.#metrics.get(metric);
    if (known !== undefined) return known;
    const fold = {
      metric,
      increases: new Increases(this.#before?.get(metric)),
      hour: undefined,
      minutes: new Map<number, RowMoments>(),
    };
    this.#metrics.set(metric, fold);
    return fold;
  }

  #addTo(fold: MetricFold, micros: number, value: number): void {
    const increase = fold.increases.endedBy(micros, value);
    if (!this.#wanted) return;
    const sketched = (this.#parts & HourParts.sketches) > 0;
    fold.hour ??= new RowMoments(this.#hour, sketched);
    fold.hour.add(micros, value, increase);
    if ((this.#parts & HourParts.minutes) === 0) return;
    const begin = Math.floor(micros / MINUTE_MICROS) * MINUTE_MICROS;
    let minute = fold.minutes.get(begin);
    if (minute === undefined) fold.minutes.set(begin, (minute = new RowMoments(begin, sketched)));
    minute.add(micros, value, increase);
  }

  #open(hour: number): void {
    this.end();
    this.#hour = hour;
    this.#wanted = this.#what.wants(this.device, hour);
    this.#parts = this.#what.partsOf(hour);
  }

  #close(): void {
    const hours: [RowHeads, RowMoments][] = [];
    const minutes = new Map<number, [RowHeads, RowMoments][]>();
    for (const fold of this.#metrics.values()) {
      if (fold.hour === undefined) continue;
      if (!this.#what.spares(this.device, fold.metric, this.#hour, fold.hour.count)) {
        const heads = this.#context.headsOf(fold.metric);
        hours.push([heads, fold.hour]);
        for (const [begin, moments] of fold.minutes)
          minutes.set(begin, [...(minutes.get(begin) ?? []), [heads, moments]]);
      }
      fold.hour = undefined;
      fold.minutes.clear();
    }
    const [ofMinutes, ofHours] = TIERS as readonly [Tier, Tier];
    this.#addLine(ofHours, this.#hour, hours);
    for (const [begin, of] of minutes) this.#addLine(ofMinutes, begin, of);
    if (hours.some(([, { isAbsurd }]) => isAbsurd))
      this.#context.absurd.push({ device: this.device, hour: this.#hour });
  }

  #addLine(tier: Tier, begin: number, of: readonly (readonly [RowHeads, RowMoments])[]): void {
    if (of.length === 0) return;
    const readings = of.reduce((sum, [, { count }]) => sum + count, 0);
    const fields = [...of.map(([heads, moments]) => moments.text(heads)), READINGS_HEAD + String(readings)].join(',');
    this.#context.rows.add(tier, `${this.#context.headAt(tier, begin)} ${fields} ${begin}`);
  }
}

const READINGS_HEAD = fieldHead(ROW_READINGS);

/** Lines on their way, by tier. */
class RowBodies {
  readonly #connection: InfluxConnection;
  readonly #piece: RowPiece;
  readonly #lines = new Map<Tier, string[]>(TIERS.map((tier) => [tier, []]));

  constructor(connection: InfluxConnection, piece: RowPiece) {
    this.#connection = connection;
    this.#piece = piece;
  }

  add(tier: Tier, line: string): void {
    this.#lines.get(tier)!.push(line);
  }

  async sendFull(): Promise<void> {
    for (const [tier, lines] of this.#lines) while (lines.length >= LINES_A_BODY) await this.#send(tier, lines);
  }

  async sendAll(): Promise<void> {
    for (const [tier, lines] of this.#lines) while (lines.length > 0) await this.#send(tier, lines);
  }

  async #send(tier: Tier, lines: string[]): Promise<void> {
    const body = lines.splice(0, LINES_A_BODY).join('\n');
    await this.#piece.send(async () => {
      try {
        await this.#connection.write(tier.name, body);
      } catch (error) {
        if (!(error instanceof BodyRefusedError)) throw error;
        // Rows that have expired need no place any more.
        if (!/beyond retention policy/.test(error.message))
          throw new StoreUnavailableError(`Rows of the rollup ${tier.name} can't be stored: ${error.message}`, {
            cause: error,
          });
      }
    });
  }
}
