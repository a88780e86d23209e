import {
  KnownDescriptions,
  LatestReadings,
  OrderedSeries,
  SeriesOfDevices,
  SeriesTable,
  type Series,
} from '@seawall/model';
import type { KeptSince } from '@seawall/query';
import { ReadingCounts } from './reading-counts.ts';
import { SealedDays } from './sealed-days.ts';
import { RollupRows } from './rollup-rows.ts';
import { HOURS, MINUTES, type RollupTier } from './tiers.ts';
import { UnsealedBounds } from './unsealed-bounds.ts';

/** Where a reading lies: in the order of arrival, or of day, series and time. */
export type ReadingTable = 'raw' | 'sealed';

/** How far hours are rolled up; in hours since the epoch, see the schema. */
export interface Rolling {
  readonly rolledTo: number;
  readonly rollingTo: number;
  readonly rolledSeries: number;
}

/**
 * What is known of the stored readings without asking the engine: series and their numbers, labels, definitions, and
 * the latest reading of each series. It changes when a write has been committed, and not before, but for the bounds of
 * what is unsealed.
 */
export class Catalogue extends KnownDescriptions {
  /** Gives numbers ahead of the commit; only those below `storedSeries` are in the database. */
  readonly table = new SeriesTable();
  readonly latest = new LatestReadings();
  readonly #ordered = new OrderedSeries();
  readonly #ofDevices = new SeriesOfDevices();
  storedSeries = 0;
  readonly counts = new ReadingCounts();
  readonly rows: Record<ReadingTable, number> = { raw: 0, sealed: 0 };
  readonly unsealed = new UnsealedBounds();
  sealedDays = new SealedDays();
  /** The least event time stored, in microseconds; a bound of it, while readings are being removed. */
  oldest = Infinity;
  /** The least that has come since somebody began to look for the least that is left. */
  oldestSince = Infinity;
  readonly tiers: Readonly<Record<RollupTier, RollupRows>> = {
    '1m': new RollupRows(MINUTES),
    '1h': new RollupRows(HOURS),
  };
  /** Series that have rows of minutes, or had some. */
  readonly dense = new Set<number>();
  /** As far as writes must know: ahead of the database while an hour is being rolled up. */
  rolling: Rolling = { rolledTo: 0, rollingTo: 0, rolledSeries: 0 };
  /** The latest moment (microseconds) before which something expires, and the moments up to which all of it is gone. */
  expiry: { readonly before: number; readonly done: string | undefined } = { before: -Infinity, done: undefined };
  /** By domain. */
  readonly kept = new Map<string, KeptSince>();

  /** A write has put in readings from this event time (microseconds) on. */
  noteOldest(oldest: number): void {
    this.oldest = Math.min(this.oldest, oldest);
    this.oldestSince = Math.min(this.oldestSince, oldest);
    if (oldest < this.expiry.before) this.expiry = { ...this.expiry, done: undefined };
  }

  /** Takes out readings that are in the table no longer. */
  remove(table: ReadingTable, id: number, count: number): void {
    this.rows[table] -= count;
    this.counts.add(id, -count);
  }

  /** The greatest event time stored, in microseconds. */
  newest(): number {
    let newest = -Infinity;
    for (let id = 0; id < this.storedSeries; id++) newest = Math.max(newest, this.latest.micros(id));
    return newest;
  }

  /** Readings of each domain that has some. */
  readingsByDomain(): Record<string, number> {
    const sums = new Map<string, number>();
    this.stored().forEach(({ domain }, id) => {
      const readings = this.counts.of(id);
      if (readings > 0) sums.set(domain, (sums.get(domain) ?? 0) + readings);
    });
    return Object.fromEntries(sums);
  }

  /** Stored series in the order of their numbers. */
  stored(): readonly Series[] {
    const all = this.table.all();
    return all.length === this.storedSeries ? all : all.slice(0, this.storedSeries);
  }

  /** Stored series of a device, whatever its domains. */
  seriesOf(device: string): readonly number[] {
    this.#ofDevices.grow(this.stored());
    return this.#ofDevices.of(device);
  }

  /** Numbers of the stored series after the one with this key, ordered by domain, device, metric. */
  orderedAfter(key: string | undefined): readonly number[] {
    this.#ordered.grow(this.stored());
    return this.#ordered.after(key);
  }
}
