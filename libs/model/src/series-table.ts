import { seriesKey, type Series } from './series.ts';

/**
 * Gives every series a small dense number, so that stages can keep what they know of it in columns.
 * Batches repeat the same `Series` objects, so identity is tried before the names are joined; and most come in the order
 * in which they came before, so the first guess is what followed the last one then.
 */
export class SeriesTable {
  readonly #byIdentity = new WeakMap<Series, number>();
  readonly #byKey = new Map<string, number>();
  /** By number, each as the object it was last told apart by. */
  readonly #series: Series[] = [];
  /** By number, that of the series which was asked for next, the last time. */
  readonly #after: number[] = [];
  #last = 0;

  get size(): number {
    return this.#series.length;
  }

  /** The number of a series, given to it now if it has none. Numbers start at 0 and have no gaps. */
  idOf(series: Series): number {
    const guess = this.#after[this.#last];
    if (guess !== undefined && this.#series[guess] === series) return (this.#last = guess);
    const id = this.#byIdentity.get(series) ?? this.#add(series);
    this.#after[this.#last] = id;
    this.#last = id;
    return id;
  }

  /** The number of a series, or undefined if it was never seen. */
  find(series: Series): number | undefined {
    return this.#byIdentity.get(series) ?? this.#byKey.get(seriesKey(series));
  }

  at(id: number): Series {
    const series = this.#series[id];
    if (series === undefined) throw new RangeError(`There is no series number ${id}; the table holds ${this.size}.`);
    return series;
  }

  all(): readonly Series[] {
    return this.#series;
  }

  /** Of an object that is seen for the first time. */
  #add(series: Series): number {
    const key = seriesKey(series);
    const known = this.#byKey.get(key);
    const id = known ?? this.#series.length;
    this.#byKey.set(key, id);
    this.#byIdentity.set(series, id);
    this.#series[id] = series;
    if (known === undefined) this.#after.push(id);
    return id;
  }
}
