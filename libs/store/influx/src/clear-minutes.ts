import { HOUR_MICROS, MINUTE_MICROS } from '@seawall/query';
import { allOf, field, measurementOf, tag, within } from './influx-ql.ts';
import { decodeName, DEVICE_TAG, fieldName, measurementName } from './influx-names.ts';
import { fieldHead, floatText, lineHead } from './line-protocol.ts';
import type { MaintenanceContext } from './maintenance.ts';
import type { Cell, Rows } from './read-rows.ts';
import { metricsOf } from './readings-before.ts';
import { MINUTES, rollupMeasurement, ROW_READINGS, rowField, type RowField } from './rollup-tiers.ts';
import { devicesCondition } from './where-conditions.ts';

const LINES_A_BODY = 5_000;

/** A metric's row of an hour whose readings have expired, made anew of others. */
export interface ReplacedRow {
  readonly device: string;
  readonly metric: string;
  readonly hour: number;
}

/** What a row says that counts for nothing: of all that is added up or compared; what is read row by row is passed over. */
const NOTHING: Readonly<Partial<Record<RowField, number>>> = {
  count: 0,
  sum: 0,
  min: Number.MAX_VALUE,
  max: -Number.MAX_VALUE,
  increase: 0,
  increases: 0,
};

/**
 * Has those minutes of replaced rows count for nothing in which none of the readings lie that the rows are made of now. A line
 * holds other metrics' minutes as well, and InfluxDB removes no field; so they are written over, which can be done twice.
 * @throws GaveWay, StoreUnavailableError
 */
export async function clearMinutes(
  context: MaintenanceContext,
  domain: string,
  replaced: readonly ReplacedRow[],
): Promise<void> {
  const { connection, piece } = context;
  const lines: string[] = [];
  for (const window of windowsOf(replaced)) lines.push(...(await linesOf(context, domain, window)));
  for (let i = 0; i < lines.length; i += LINES_A_BODY)
    await piece.send(() => connection.write(MINUTES.name, lines.slice(i, i + LINES_A_BODY).join('\n')));
}

/** Hours on end in which the same devices' rows were replaced. */
interface Window {
  readonly from: number;
  readonly to: number;
  readonly devices: readonly string[];
  /** Keys of `keyOf`. */
  readonly rows: ReadonlySet<string>;
}

function windowsOf(replaced: readonly ReplacedRow[]): readonly Window[] {
  const hours = new Map<number, ReplacedRow[]>();
  for (const row of replaced) hours.set(row.hour, [...(hours.get(row.hour) ?? []), row]);
  const windows: Window[] = [];
  for (const [hour, rows] of [...hours].sort(([a], [b]) => a - b)) {
    const devices = [...new Set(rows.map(({ device }) => device))].sort();
    const keys = rows.map((row) => keyOf(row.device, row.metric, hour));
    const last = windows.at(-1);
    if (last?.to === hour && last.devices.join('\u0000') === devices.join('\u0000'))
      windows[windows.length - 1] = { ...last, to: hour + HOUR_MICROS, rows: new Set([...last.rows, ...keys]) };
    else windows.push({ from: hour, to: hour + HOUR_MICROS, devices, rows: new Set(keys) });
  }
  return windows;
}

async function linesOf(
  context: MaintenanceContext,
  domain: string,
  { from, to, devices, rows }: Window,
): Promise<readonly string[]> {
  const { connection, loaded, signal } = context;
  const metrics = metricsOf(loaded.catalogue, domain);
  const where = allOf([devicesCondition(devices), within(from, to)]);
  const made = new Set<string>();
  const readings = `SELECT ${metrics.map((of) => field(fieldName(of))).join(', ')} FROM ${measurementOf('raw', measurementName(domain))} WHERE ${where} GROUP BY ${tag(DEVICE_TAG)}`;
  for await (const { tags, values } of connection.statement(readings, { policy: 'raw', signal }))
    for (const row of values)
      for (const metric of metricsIn(row, metrics, isThere)) made.add(keyOf(deviceIn(tags), metric, minuteOf(row)));
  const lines: string[] = [];
  const counts = metrics.map((of) => field(rowField(of, 'count'))).join(', ');
  const minutes = `SELECT ${counts} FROM ${measurementOf(MINUTES.name, rollupMeasurement(domain, MINUTES.name))} WHERE ${where} GROUP BY *`;
  for await (const { tags, values } of connection.statement(minutes, { policy: MINUTES.name, signal })) {
    const head = lineHead(rollupMeasurement(domain, MINUTES.name), presentIn(tags));
    const device = deviceIn(tags);
    for (const row of values) {
      const minute = minuteOf(row);
      const hour = Math.floor(minute / HOUR_MICROS) * HOUR_MICROS;
      const counted = metricsIn(row, metrics, isCounted);
      const cleared = counted.filter((of) => rows.has(keyOf(device, of, hour)) && !made.has(keyOf(device, of, minute)));
      if (cleared.length === 0) continue;
      const left = counted.filter((of) => !cleared.includes(of));
      const readingsLeft = left.reduce((sum, of) => sum + Number(row[metrics.indexOf(of) + 1]), 0);
      const fields = [...cleared.map(nothingOf), fieldHead(ROW_READINGS) + floatText(readingsLeft)];
      lines.push(`${head} ${fields.join(',')} ${String(row[0])}`);
    }
  }
  return lines;
}

function nothingOf(metric: string): string {
  return Object.entries(NOTHING)
    .map(([of, value]) => fieldHead(rowField(metric, of as RowField)) + floatText(value))
    .join(',');
}

/** Of the metrics in the row's columns, those whose cell says so. */
function metricsIn(row: readonly Cell[], metrics: readonly string[], says: (cell: Cell) => boolean): readonly string[] {
  return metrics.filter((_, i) => says(row[i + 1] ?? null));
}

function isThere(cell: Cell): boolean {
  return cell !== null;
}

function isCounted(cell: Cell): boolean {
  return typeof cell === 'number' && cell > 0;
}

function minuteOf(row: readonly Cell[]): number {
  return Math.floor((row[0] as number) / MINUTE_MICROS) * MINUTE_MICROS;
}

function deviceIn(tags: Rows['tags']): string {
  return decodeName(tags[DEVICE_TAG]!);
}

function presentIn(tags: Rows['tags']): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).filter(([, value]) => value !== ''));
}

function keyOf(device: string, metric: string, begin: number): string {
  return `${device}\u0000${metric}\u0000${begin}`;
}
