import { HOUR_MICROS } from '@seawall/query';
import type { Catalogue } from './catalogue.ts';
import { INCREASE_WITHIN_MICROS, type TimedValue } from './increase-of.ts';
import type { InfluxConnection } from './influx-connection.ts';
import { allOf, field, measurementOf, tag, within } from './influx-ql.ts';
import { decodeName, DEVICE_TAG, fieldName, measurementName } from './influx-names.ts';
import { rollupMeasurement, rowField } from './rollup-tiers.ts';
import { devicesCondition } from './where-conditions.ts';

/** By device, then metric: readings in the order of time. */
export type ReadingsBefore = ReadonlyMap<string, ReadonlyMap<string, readonly TimedValue[]>>;

export interface BeforeWhat {
  readonly domain: string;
  readonly metrics: readonly string[];
  /** Undefined: all of the domain. */
  readonly devices: readonly string[] | undefined;
  readonly from: number;
  readonly to: number;
  /** Before this moment the domain's readings have expired; -Infinity where none have. */
  readonly expired: number;
}

/**
 * What is needed for the increases of readings in `[from, to)` beside these: of each series the last reading before them, in
 * time; and the last of each hour whose readings have expired, which its row remembers.
 */
export async function readingsBefore(
  connection: InfluxConnection,
  what: BeforeWhat,
  signal?: AbortSignal,
): Promise<ReadingsBefore> {
  const { from, to, expired } = what;
  const found = new Map<string, Map<string, TimedValue[]>>();
  const [begin, devices] = [from - INCREASE_WITHIN_MICROS, devicesOf(what)];
  const note = (tags: Readonly<Record<string, string>>, metric: string, reading: TimedValue) => {
    const device = decodeName(tags[DEVICE_TAG]!);
    const metrics = found.get(device) ?? new Map<string, TimedValue[]>();
    found.set(device, metrics);
    metrics.set(metric, [...(metrics.get(metric) ?? []), reading]);
  };
  const raw = measurementOf('raw', measurementName(what.domain));
  const last = what.metrics.map(
    (metric) =>
      `SELECT last(${field(fieldName(metric))}) FROM ${raw} WHERE ${allOf([...devices, within(begin, from)])} GROUP BY ${tag(DEVICE_TAG)}`,
  );
  for await (const { statement, tags, values } of connection.statement(last.join('; '), { policy: 'raw', signal }))
    for (const row of values) note(tags, what.metrics[statement]!, [row[0] as number, row[1] as number]);
  if (expired > begin) {
    const hours = measurementOf('1h', rollupMeasurement(what.domain, '1h'));
    const range = within(Math.floor(begin / HOUR_MICROS) * HOUR_MICROS, Math.min(to, expired));
    const rows = what.metrics.map(
      (metric) =>
        `SELECT ${field(rowField(metric, 'last'))}, ${field(rowField(metric, 'last_at'))} FROM ${hours} WHERE ${allOf([...devices, range])} GROUP BY ${tag(DEVICE_TAG)}`,
    );
    for await (const { statement, tags, values } of connection.statement(rows.join('; '), { policy: '1h', signal }))
      for (const [hour, value, at] of values as readonly (readonly number[])[])
        note(tags, what.metrics[statement]!, [hour! + at!, value!]);
  }
  for (const metrics of found.values()) for (const readings of metrics.values()) readings.sort(([a], [b]) => a - b);
  return found;
}

function devicesOf({ devices }: BeforeWhat): readonly string[] {
  return devices === undefined ? [] : [devicesCondition(devices)];
}

/** The metrics that a domain has, or some of its devices. */
export function metricsOf(catalogue: Catalogue, domain: string): readonly string[] {
  return [
    ...new Set(
      catalogue
        .stored()
        .filter((of) => of.domain === domain)
        .map(({ metric }) => metric),
    ),
  ];
}
