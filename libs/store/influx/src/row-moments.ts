import { fieldHead, cellText, floatText } from './line-protocol.ts';
import { sketchKey, sketchText, type RowSketch } from './row-sketch.ts';
import { ROW_FIELDS, rowField, type RowField } from './rollup-tiers.ts';

/** Up to here values, and what they come to, can be squared and added up. */
const MAX_ROLLED = 2 ** 470;
/** InfluxDB takes 64 kB of text. */
const MAX_SKETCH = 60_000;

/** What a row says of one metric's readings, as these come in the order of time. */
export class RowMoments {
  readonly #begin: number;
  readonly #sketch: RowSketch | undefined;
  count = 0;
  #sum = 0;
  #mean = 0;
  #m2 = 0;
  #min = Infinity;
  #max = -Infinity;
  #first = NaN;
  #firstAt = NaN;
  #last = NaN;
  #lastAt = NaN;
  #increase = 0;
  #increases = 0;
  #isBeyond = false;

  /** @param begin of the row, in microseconds */
  constructor(begin: number, sketched: boolean) {
    this.#begin = begin;
    this.#sketch = sketched ? new Map<number, number>() : undefined;
  }

  /** @param increase over the reading before it; undefined where there is none, or none in time */
  add(micros: number, value: number, increase: number | undefined): void {
    if (Math.abs(value) >= MAX_ROLLED || (increase !== undefined && increase >= MAX_ROLLED)) this.#isBeyond = true;
    if (this.count++ === 0) [this.#first, this.#firstAt] = [value, micros - this.#begin];
    this.#last = value;
    this.#lastAt = micros - this.#begin;
    this.#sum += value;
    const apart = value - this.#mean;
    this.#mean += apart / this.count;
    this.#m2 += apart * (value - this.#mean);
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
    if (increase !== undefined) {
      this.#increase += increase;
      this.#increases++;
    }
    if (this.#sketch !== undefined) {
      const key = sketchKey(value);
      this.#sketch.set(key, (this.#sketch.get(key) ?? 0) + 1);
    }
  }

  /** The row's fields as line protocol; undefined for what no row can hold. */
  text(heads: RowHeads): string | undefined {
    const sketch = this.#sketch && sketchText(this.#sketch);
    if (this.#isBeyond || (sketch !== undefined && sketch.length > MAX_SKETCH)) return undefined;
    const values: Record<Exclude<RowField, 'sketch'>, number> = {
      count: this.count,
      sum: this.#sum,
      mean: this.#mean,
      m2: this.#m2,
      min: this.#min,
      max: this.#max,
      first: this.#first,
      first_at: this.#firstAt,
      last: this.#last,
      last_at: this.#lastAt,
      increase: this.#increase,
      increases: this.#increases,
    };
    const fields = Object.entries(values).map(([name, value]) => heads[name as RowField] + floatText(value));
    if (sketch !== undefined) fields.push(heads.sketch + cellText(sketch));
    return fields.join(',');
  }
}

/** `pm25:count=` and so on. */
export type RowHeads = Readonly<Record<RowField, string>>;

export function rowHeads(metric: string): RowHeads {
  return Object.fromEntries(ROW_FIELDS.map((of) => [of, fieldHead(rowField(metric, of))])) as Record<RowField, string>;
}
