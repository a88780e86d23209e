import { fieldHead, cellText, floatText } from './line-protocol.ts';
import { NO_SKETCH, sketchKey, sketchText, type RowSketch } from './row-sketch.ts';
import { ROW_FIELDS, rowField, SCALED_OF, type RowField, type ScalableField } from './rollup-tiers.ts';
import { SQUARE_SCALE, Squares } from './squares.ts';
import { Sum } from './sum.ts';

/** From here on values, or what they come to, are absurd: readings tell more exactly of them than a row does. */
export const ABSURD = 2 ** 470;
/** InfluxDB takes 64 kB of text. */
const MAX_SKETCH = 60_000;

/** What a row says of one metric's readings, as these come in the order of time. */
export class RowMoments {
  readonly #begin: number;
  readonly #sketch: RowSketch | undefined;
  readonly #values = new Sum();
  readonly #squares = new Squares(1);
  readonly #scaledSquares = new Squares(1 / SQUARE_SCALE);
  readonly #increase = new Sum();
  #min = Infinity;
  #max = -Infinity;
  #first = NaN;
  #firstAt = NaN;
  #last = NaN;
  #lastAt = NaN;
  #increases = 0;
  count = 0;
  /** Whether it is made of absurd values. */
  isAbsurd = false;

  /** @param begin of the row, in microseconds */
  constructor(begin: number, sketched: boolean) {
    this.#begin = begin;
    this.#sketch = sketched ? new Map<number, number>() : undefined;
  }

  /** @param increase over the reading before it; undefined where there is none, or none in time */
  add(micros: number, value: number, increase: number | undefined): void {
    if (Math.abs(value) >= ABSURD || (increase !== undefined && increase >= ABSURD)) this.isAbsurd = true;
    if (this.count++ === 0) [this.#first, this.#firstAt] = [value, micros - this.#begin];
    this.#last = value;
    this.#lastAt = micros - this.#begin;
    this.#values.add(value);
    this.#squares.add(value);
    this.#scaledSquares.add(value);
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
    if (increase !== undefined) {
      this.#increase.add(increase);
      this.#increases++;
    }
    if (this.#sketch !== undefined) {
      const key = sketchKey(value);
      this.#sketch.set(key, (this.#sketch.get(key) ?? 0) + 1);
    }
  }

  /** The row's fields as line protocol. */
  text(heads: RowHeads): string {
    const values: Record<Exclude<RowField, ScalableField | (typeof SCALED_OF)[ScalableField] | 'sketch'>, number> = {
      count: this.count,
      mean: this.#values.mean(this.count),
      min: this.#min,
      max: this.#max,
      first: this.#first,
      first_at: this.#firstAt,
      last: this.#last,
      last_at: this.#lastAt,
      increases: this.#increases,
    };
    const scalable: Record<ScalableField, readonly [plain: number, scaled: number]> = {
      sum: [this.#values.plain, this.#values.scaled],
      m2: [this.#squares.total, this.#scaledSquares.total],
      increase: [this.#increase.plain, this.#increase.scaled],
    };
    const fields = Object.entries(values).map(([name, value]) => heads[name as RowField] + floatText(value));
    for (const [name, [plain, scaled]] of Object.entries(scalable) as [ScalableField, readonly [number, number]][]) {
      fields.push(heads[name] + floatText(atMost(plain)));
      if (isAtLimit(atMost(plain))) fields.push(heads[SCALED_OF[name]] + floatText(atMost(scaled)));
    }
    if (this.#sketch !== undefined) {
      const sketch = sketchText(this.#sketch);
      fields.push(heads.sketch + cellText(sketch.length > MAX_SKETCH ? NO_SKETCH : sketch));
    }
    return fields.join(',');
  }
}

/** InfluxDB has no infinity. */
function atMost(value: number): number {
  if (Number.isFinite(value)) return value;
  return value < 0 ? -Number.MAX_VALUE : Number.MAX_VALUE;
}

/** Whether a field says what it could hold at most, and its scaled one tells what there is to tell. */
export function isAtLimit(value: number): boolean {
  return Math.abs(value) === Number.MAX_VALUE;
}

/** `pm25:count=` and so on. */
export type RowHeads = Readonly<Record<RowField, string>>;

export function rowHeads(metric: string): RowHeads {
  return Object.fromEntries(ROW_FIELDS.map((of) => [of, fieldHead(rowField(metric, of))])) as Record<RowField, string>;
}
