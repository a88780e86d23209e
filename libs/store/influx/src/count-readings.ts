import type { InfluxConnection } from './influx-connection.ts';
import { allOf, bucketsOf, measurementOf, within } from './influx-ql.ts';
import { FLAGS_SUFFIX, measurementName } from './influx-names.ts';
import { HOUR_MICROS, type ReadingCounts } from './reading-counts.ts';

/** Hours that one statement counts. */
const HOURS_AT_ONCE = 24 * 31;

/** Has InfluxDB count the readings of the hours whose count is uncertain. */
export async function countReadings(connection: InfluxConnection, counts: ReadingCounts): Promise<void> {
  counts.beginCounting();
  const uncertain = new Map<string, number[]>();
  for (const { domain, hour, count } of counts.all()) {
    if (count !== undefined) continue;
    uncertain.set(domain, [...(uncertain.get(domain) ?? []), hour]);
  }
  for (const [domain, hours] of uncertain)
    for (const run of runsOf(hours)) await countRun(connection, counts, domain, run);
}

interface Run {
  readonly from: number;
  readonly to: number;
}

async function countRun(
  connection: InfluxConnection,
  counts: ReadingCounts,
  domain: string,
  { from, to }: Run,
): Promise<void> {
  const found = await countByHour(connection, domain, from, to);
  for (let hour = from; hour < to; hour += HOUR_MICROS) counts.counted(domain, hour, found.get(hour) ?? 0);
}

/** Readings of each hour that has some, by its begin. */
export async function countByHour(
  connection: InfluxConnection,
  domain: string,
  from: number,
  to: number,
): Promise<ReadonlyMap<number, number>> {
  const found = new Map<number, number>();
  for (const { columns, values } of await connection.rows(countStatement(domain, from, to), { policy: 'raw' })) {
    const readings = columns.map((name, i) => i > 0 && !name.endsWith(FLAGS_SUFFIX));
    for (const row of values) {
      const count = row.reduce<number>((sum, cell, i) => (readings[i] ? sum + Number(cell) : sum), 0);
      found.set(row[0] as number, count);
    }
  }
  return found;
}

/** Columns are `count_` and the field's name. */
function countStatement(domain: string, from: number, to: number): string {
  const source = measurementOf('raw', measurementName(domain));
  return `SELECT count(*::field) FROM ${source} WHERE ${allOf([within(from, to)])} GROUP BY ${bucketsOf(0, HOUR_MICROS)} fill(none)`;
}

/** Consecutive hours together. */
function runsOf(hours: readonly number[]): readonly Run[] {
  const runs: { from: number; to: number }[] = [];
  for (const hour of [...hours].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last?.to === hour && last.to - last.from < HOURS_AT_ONCE * HOUR_MICROS) last.to += HOUR_MICROS;
    else runs.push({ from: hour, to: hour + HOUR_MICROS });
  }
  return runs;
}
