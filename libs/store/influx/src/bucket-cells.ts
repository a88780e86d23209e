import { isPercentile } from '@seawall/query';
import type { QueryAggregate } from '@seawall/model';
import { ReadingMoments, type KnownMoments } from './reading-moments.ts';
import { NO_SKETCH, readSketch, sketchValue } from './row-sketch.ts';

/** What readings and rows of one bucket come to together. */
export class BucketCell {
  readonly #moments = new ReadingMoments();
  /** Where ranks are asked for: values, and how many readings have each. */
  readonly #values: number[] = [];
  readonly #sketched = new Map<number, number>();
  #lacksSketch = false;

  /** @param ranked whether ranks are asked for */
  addReading(micros: number, value: number, increase: number | undefined, ranked: boolean): void {
    this.#moments.add(micros, value, increase);
    if (ranked) this.#values.push(value);
  }

  addKnown(known: KnownMoments, sketch?: string): void {
    this.#moments.addKnown(known);
    if (sketch === NO_SKETCH) this.#lacksSketch = true;
    if (sketch === undefined || sketch === NO_SKETCH) return;
    for (const [key, count] of readSketch(sketch)) this.#sketched.set(key, (this.#sketched.get(key) ?? 0) + count);
  }

  value(name: QueryAggregate, seconds: number): number {
    if (!isPercentile(name)) return this.#moments.value(name, seconds);
    if (this.#lacksSketch) return NaN;
    const [least, most] = [this.#moments.value('min', seconds), this.#moments.value('max', seconds)];
    return Math.min(most, Math.max(least, this.#atRank(Number(name.slice(1)))));
  }

  /** The value at ⌊np + 0.5⌋, of 1…n; as near as sketches tell. */
  #atRank(percent: number): number {
    const entries = [
      ...this.#values.map((value) => [value, 1] as const),
      ...[...this.#sketched].map(([key, count]) => [sketchValue(key), count] as const),
    ].sort(([a], [b]) => a - b);
    const n = entries.reduce((sum, [, count]) => sum + count, 0);
    let left = Math.max(1, Math.floor((2 * n * percent + 100) / 200));
    for (const [value, count] of entries) if ((left -= count) <= 0) return value;
    return NaN;
  }
}

/** Cells by group, then by the begin of the bucket in microseconds. */
export class BucketCells {
  readonly #groups = new Map<number, Map<number, BucketCell>>();

  at(group: number, begin: number): BucketCell {
    let cells = this.#groups.get(group);
    if (cells === undefined) this.#groups.set(group, (cells = new Map<number, BucketCell>()));
    let cell = cells.get(begin);
    if (cell === undefined) cells.set(begin, (cell = new BucketCell()));
    return cell;
  }

  /** In the order of time. */
  of(group: number): readonly (readonly [begin: number, cell: BucketCell])[] {
    return [...(this.#groups.get(group) ?? [])].sort(([a], [b]) => a - b);
  }
}
