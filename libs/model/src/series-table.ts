import { seriesKey, type Series } from './series.ts';

/**
 * Gives every series a small dense number, so that stages can keep what they know of it in columns.
 * Batches repeat the same `Series` objects, so identity is tried before the names are joined.
 */
export class SeriesTable {
  readonly #byIdentity = new WeakMap<Series, number>();
  readonly #byKey = new Map<string, number>();
  readonly #series: Series[] = [];

  get size(): number {
    return this.#series.length;
  }

  /** The number of a series, given to it now if it has none. Numbers start at 0 and have no gaps. */
  idOf(series: Series): number {
    const known = this.#byIdentity.get(series);
    if (known !== undefined) return known;
    const key = seriesKey(series);
    let id = this.#byKey.get(key);
    if (id === undefined) {
      id = this.#series.push(series) - 1;
      this.#byKey.set(key, id);
    }
    this.#byIdentity.set(series, id);
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
}
