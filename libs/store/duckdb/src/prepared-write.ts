import { batchLength, microsOf, type ReadingBatch } from '@seawall/model';
import type { StoreChange } from '@seawall/ports';
import type { Catalogue } from './catalogue.ts';

/** Readings of one write as columns, with the series as numbers. */
export interface ReadingColumns {
  readonly series: Uint32Array;
  /** Whole microseconds of the epoch. */
  readonly micros: Float64Array;
  readonly value: Float64Array;
  readonly flags: Uint8Array;
}

/**
 * The readings of one write, gathered from its batches. A reading later than everything stored of its series can't be
 * there already; the others are suspects, and have to be looked up. Of several for one series and time the last stays.
 */
export class PreparedWrite {
  readonly #catalogue: Catalogue;
  readonly #columns: ReadingColumns;
  /** Rows that are not to be appended. */
  readonly #dropped: Uint8Array;
  #suspects: number[] = [];
  #length = 0;

  constructor(catalogue: Catalogue, changes: readonly StoreChange[], writtenSeq: number) {
    const batches = changes.flatMap((change) =>
      change.kind === 'readings' && change.seq > writtenSeq ? [change.batch] : [],
    );
    const capacity = batches.reduce((sum, batch) => sum + batchLength(batch), 0);
    this.#catalogue = catalogue;
    this.#columns = {
      series: new Uint32Array(capacity),
      micros: new Float64Array(capacity),
      value: new Float64Array(capacity),
      flags: new Uint8Array(capacity),
    };
    this.#dropped = new Uint8Array(capacity);
    for (const batch of batches) this.#gather(batch);
    if (this.#suspects.length > 0) this.#dropSuperseded();
  }

  #gather(batch: ReadingBatch): void {
    const { seriesIndex, eventTime } = batch;
    const { table, latest } = this.#catalogue;
    const { series, micros, value, flags } = this.#columns;
    const ids = Uint32Array.from(batch.series, (of) => table.idOf(of));
    latest.reserve(table.size);
    const begin = this.#length;
    value.set(batch.value, begin);
    flags.set(batch.flags, begin);
    for (let i = 0; i < seriesIndex.length; i++) {
      const at = begin + i;
      const id = ids[seriesIndex[i]!]!;
      const time = microsOf(eventTime[i]!);
      series[at] = id;
      micros[at] = time;
      if (!latest.note(id, time, batch.value[i]!)) this.#suspects.push(at);
    }
    this.#length += seriesIndex.length;
  }

  /** Two readings of this write for one series and time: only a series with a suspect can have them. */
  #dropSuperseded(): void {
    const { series, micros } = this.#columns;
    const rowAt = new Map(this.#suspects.map((row) => [series[row]!, new Map<number, number>()]));
    for (let row = 0; row < this.#length; row++) {
      const rows = rowAt.get(series[row]!);
      const former = rows?.get(micros[row]!);
      if (former !== undefined) this.#dropped[former] = 1;
      rows?.set(micros[row]!, row);
    }
    const mayBeStored = (row: number) => micros[row]! <= this.#catalogue.latest.micros(series[row]!);
    this.#suspects = this.#suspects.filter((row) => this.#dropped[row] === 0 && mayBeStored(row));
  }

  /** Rows whose series and time may be stored already. */
  get suspects(): readonly number[] {
    return this.#suspects;
  }

  drop(row: number): void {
    this.#dropped[row] = 1;
  }

  isStored(row: number, value: number, flags: number): boolean {
    return this.#columns.value[row] === value && this.#columns.flags[row] === flags;
  }

  /** The row takes the place of one that is stored. */
  replaces(row: number): void {
    this.#catalogue.counts.note(this.#columns.series[row]!, -1);
  }

  /** The given rows, in order. */
  rows(rows: readonly number[]): ReadingColumns {
    const { series, micros, value, flags } = this.#columns;
    return {
      series: Uint32Array.from(rows, (row) => series[row]!),
      micros: Float64Array.from(rows, (row) => micros[row]!),
      value: Float64Array.from(rows, (row) => value[row]!),
      flags: Uint8Array.from(rows, (row) => flags[row]!),
    };
  }

  /** What is to be appended. */
  kept(): ReadingColumns {
    const kept = this.#dropped.includes(1) ? this.rows(this.#keptRows()) : this.#columns;
    for (const id of kept.series) this.#catalogue.counts.note(id, 1);
    return kept;
  }

  #keptRows(): number[] {
    const rows: number[] = [];
    for (let row = 0; row < this.#length; row++) if (this.#dropped[row] === 0) rows.push(row);
    return rows;
  }
}
