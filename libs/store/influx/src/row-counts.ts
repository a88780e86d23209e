import type { TierStatus } from '@seawall/ports';
import { HOUR_MICROS } from '@seawall/query';
import type { InfluxConnection } from './influx-connection.ts';
import { allOf, bucketsOf, field, measurementOf, within } from './influx-ql.ts';
import { rollupMeasurement, ROW_READINGS, type Tier } from './rollup-tiers.ts';

const MOST_MICROS = 2 ** 53 - 1;
/** Of what has been cleared (`clearMinutes`) a line stays that counts for nothing. */
const COUNTED = `${field(ROW_READINGS)} > 0`;

/**
 * How many rows a rollup has, by domain and hour. InfluxDB counts them once, when somebody asks; from then on only hours
 * in which rows have been written.
 */
export class RowCounts {
  readonly #tier: Tier;
  /** Undefined where InfluxDB must count; the whole domain where it never has. */
  readonly #domains = new Map<string, Map<number, number | undefined>>();

  constructor(tier: Tier) {
    this.#tier = tier;
  }

  /** Rows of these hours (their begins in microseconds) have been written or removed. */
  touch(domain: string, hours: Iterable<number>): void {
    const counts = this.#domains.get(domain);
    if (counts === undefined) return;
    for (const hour of hours) counts.set(hour, undefined);
  }

  /** Rows before this moment (microseconds) are gone. */
  expire(domain: string, before: number): void {
    const counts = this.#domains.get(domain);
    for (const hour of [...(counts?.keys() ?? [])]) {
      if (hour + HOUR_MICROS <= before) counts!.delete(hour);
      else if (hour < before) counts!.set(hour, undefined);
    }
  }

  /** Whether a domain has rows before this moment (microseconds). */
  async hasBefore(connection: InfluxConnection, domain: string, before: number): Promise<boolean> {
    const counts = await this.#counted(connection, domain);
    for (const [hour, count] of counts) {
      if (count === 0 || hour >= before) continue;
      if (hour + HOUR_MICROS <= before) return true;
      if ((await this.#edge(connection, [domain], hour, before, 'first')) !== null) return true;
    }
    return false;
  }

  async status(connection: InfluxConnection, domains: Iterable<string>): Promise<TierStatus> {
    let rows = 0;
    let [first, last] = [Infinity, -Infinity];
    const all = [...domains];
    for (const domain of all) {
      for (const [hour, count = 0] of await this.#counted(connection, domain)) {
        if (count === 0) continue;
        rows += count;
        first = Math.min(first, hour);
        last = Math.max(last, hour);
      }
    }
    if (rows === 0) return { rows, oldest: null, newest: null };
    if (this.#tier.stepMicros === HOUR_MICROS) return { rows, oldest: first / 1000, newest: last / 1000 };
    return {
      rows,
      oldest: await this.#edge(connection, all, first, first + HOUR_MICROS, 'first'),
      newest: await this.#edge(connection, all, last, last + HOUR_MICROS, 'last'),
    };
  }

  async #counted(connection: InfluxConnection, domain: string): Promise<ReadonlyMap<number, number | undefined>> {
    const known = this.#domains.get(domain);
    const uncertain = [...(known ?? [])].filter(([, count]) => count === undefined).map(([hour]) => hour);
    if (known !== undefined && uncertain.length === 0) return known;
    const [from, to] =
      known === undefined
        ? [0, MOST_MICROS]
        : [uncertain.reduce((a, b) => Math.min(a, b)), uncertain.reduce((a, b) => Math.max(a, b)) + HOUR_MICROS];
    // What is written while InfluxDB counts is uncertain again.
    const counts = known ?? new Map<number, number | undefined>();
    this.#domains.set(domain, counts);
    for (const hour of uncertain) counts.set(hour, 0);
    try {
      for (const { values } of await connection.rows(this.#countStatement(domain, from, to), {
        policy: this.#tier.name,
      }))
        for (const [hour, count] of values as readonly (readonly [number, number])[])
          if (!counts.has(hour) || counts.get(hour) !== undefined) counts.set(hour, count);
    } catch (error) {
      if (known === undefined) this.#domains.delete(domain);
      for (const hour of uncertain) counts.set(hour, undefined);
      throw error;
    }
    return counts;
  }

  #countStatement(domain: string, from: number, to: number): string {
    const source = measurementOf(this.#tier.name, rollupMeasurement(domain, this.#tier.name));
    return `SELECT count(${field(ROW_READINGS)}) FROM ${source} WHERE ${allOf([COUNTED, within(from, to)])} GROUP BY ${bucketsOf(0, HOUR_MICROS)} fill(none)`;
  }

  /** The first or last row between, epoch ms. */
  async #edge(
    connection: InfluxConnection,
    domains: readonly string[],
    from: number,
    to: number,
    which: 'first' | 'last',
  ): Promise<number | null> {
    const found: number[] = [];
    for (const domain of domains) {
      const source = measurementOf(this.#tier.name, rollupMeasurement(domain, this.#tier.name));
      const statement = `SELECT ${which}(${field(ROW_READINGS)}) FROM ${source} WHERE ${allOf([COUNTED, within(from, to)])}`;
      for (const { values } of await connection.rows(statement, { policy: this.#tier.name }))
        for (const [micros] of values) found.push((micros as number) / 1000);
    }
    if (found.length === 0) return null;
    return which === 'first' ? Math.min(...found) : Math.max(...found);
  }
}
