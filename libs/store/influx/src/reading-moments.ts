import type { TimedValue } from './increase-of.ts';
import type { NativeAggregate } from './query-statements.ts';
import { SQUARE_SCALE, Squares } from './squares.ts';
import { Sum, SUM_SCALE } from './sum.ts';

/** What the adapter computes of a bucket's readings itself: all but percentiles. */
export type ComputedAggregate = Exclude<NativeAggregate, `p${number}`> | 'rate';

/** What is known of some of a bucket's readings together: what a row of a rollup says, or InfluxDB's own aggregates. */
export interface KnownMoments {
  readonly count: number;
  readonly sum?: number | undefined;
  /** Divided by SUM_SCALE, where the sum is beyond a double; likewise below. */
  readonly scaledSum?: number | undefined;
  /** The sum of squared deviations from the mean; `sum` must be there as well. */
  readonly m2?: number | undefined;
  /** Of values divided by SQUARE_SCALE. */
  readonly scaledM2?: number | undefined;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly first?: TimedValue | undefined;
  readonly last?: TimedValue | undefined;
  readonly increase?: number | undefined;
  readonly scaledIncrease?: number | undefined;
  /** How many of the readings have an increase. */
  readonly increases?: number | undefined;
}

/** The readings of one bucket, as they come; in any order of devices. */
export class ReadingMoments {
  #count = 0;
  readonly #values = new Sum();
  readonly #increases = new Sum();
  #increaseCount = 0;
  readonly #squares = new Squares(1);
  readonly #scaledSquares = new Squares(1 / SQUARE_SCALE);
  #min = Infinity;
  #max = -Infinity;
  #first = { micros: Infinity, value: NaN };
  #last = { micros: -Infinity, value: NaN };

  /** @param increase over the reading before it; undefined where there is none, or none in time */
  add(micros: number, value: number, increase: number | undefined): void {
    this.#count++;
    this.#values.add(value);
    this.#squares.add(value);
    this.#scaledSquares.add(value);
    if (increase !== undefined) {
      this.#increases.add(increase);
      this.#increaseCount++;
    }
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
    this.#addFirst(micros, value);
    this.#addLast(micros, value);
  }

  /** Adds readings of which only this is known. */
  addKnown(known: KnownMoments): void {
    const { count, sum, scaledSum, m2, min, max, first, last, increase = 0, scaledIncrease, increases = 0 } = known;
    this.#count += count;
    if (sum !== undefined) this.#values.add(sum, scaledSum);
    if (sum !== undefined && m2 !== undefined) {
      const { scaledM2 = m2 / SQUARE_SCALE / SQUARE_SCALE } = known;
      const scaledMean =
        scaledSum === undefined ? sum / count / SQUARE_SCALE : (scaledSum / count) * (SUM_SCALE / SQUARE_SCALE);
      this.#squares.merge(count, sum / count, m2);
      this.#scaledSquares.merge(count, scaledMean, scaledM2);
    }
    if (min !== undefined) this.#min = Math.min(this.#min, min);
    if (max !== undefined) this.#max = Math.max(this.#max, max);
    if (first !== undefined) this.#addFirst(...first);
    if (last !== undefined) this.#addLast(...last);
    if (increases > 0) this.#increases.add(increase, scaledIncrease);
    this.#increaseCount += increases;
  }

  /** Of several at one time the greatest counts. */
  #addFirst(micros: number, value: number): void {
    const { micros: at, value: other } = this.#first;
    if (micros < at || (micros === at && value > other)) this.#first = { micros, value };
  }

  #addLast(micros: number, value: number): void {
    const { micros: at, value: other } = this.#last;
    if (micros > at || (micros === at && value > other)) this.#last = { micros, value };
  }

  /** NaN for what no double can hold, or what there is none of. @param seconds of the bucket, within the range */
  value(name: ComputedAggregate, seconds: number): number {
    switch (name) {
      case 'count':
        return this.#count;
      case 'sum':
        return finite(this.#values.total());
      case 'mean':
        return this.#values.mean(this.#count);
      case 'min':
        return this.#min;
      case 'max':
        return this.#max;
      case 'first':
        return this.#first.value;
      case 'last':
        return this.#last.value;
      case 'stddev':
        return this.#stddev();
      case 'rate':
        return this.#increaseCount === 0 ? NaN : finite(this.#increases.total() / seconds);
    }
  }

  #stddev(): number {
    if (this.#count < 2) return NaN;
    const plain = Math.sqrt(this.#squares.total / (this.#count - 1));
    if (Number.isFinite(plain)) return plain;
    return finite(Math.sqrt(this.#scaledSquares.total / (this.#count - 1)) * SQUARE_SCALE);
  }
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : NaN;
}
