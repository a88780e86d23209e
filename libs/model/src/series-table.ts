import type { Series } from './series.ts';

/**
 * Gives every series a small dense number, so that stages can keep what they know of it in columns.
 * Batches repeat the same `Series` objects, so identity is tried before the names; and most come in the order in which they
 * came before, so the first guess is what followed the last one then.
 */
export class SeriesTable {
  /** Those that did not come in that order, or not as the same object: it is dear to keep, and others need none. */
  readonly #byIdentity = new WeakMap<Series, number>();
  readonly #byName = new Names();
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
    // Not by `===`: V8 looks at the objects themselves then, of which a cache holds few.
    if (guess !== undefined && Object.is(this.#series[guess], series)) return (this.#last = guess);
    const id = this.#byIdentity.get(series) ?? this.#add(series);
    this.#after[this.#last] = id;
    this.#last = id;
    return id;
  }

  /** The number of a series, or undefined if it was never seen. */
  find(series: Series): number | undefined {
    return this.#byIdentity.get(series) ?? this.#byName.find(series);
  }

  at(id: number): Series {
    const series = this.#series[id];
    if (series === undefined) throw new RangeError(`There is no series number ${id}; the table holds ${this.size}.`);
    return series;
  }

  all(): readonly Series[] {
    return this.#series;
  }

  /** Of an object that is not known by its identity. */
  #add(series: Series): number {
    const known = this.#byName.find(series);
    const id = known ?? this.#series.length;
    this.#series[id] = series;
    if (known === undefined) {
      this.#byName.put(series, id);
      this.#after.push(id);
    } else this.#byIdentity.set(series, id);
    return id;
  }
}

/** Numbers by domain, metric and device: to join these would make a text for each series, and of each object asked for. */
class Names {
  readonly #domains = new Map<string, Map<string, Map<string, number>>>();

  find({ domain, metric, device }: Series): number | undefined {
    return this.#domains.get(domain)?.get(metric)?.get(device);
  }

  put({ domain, metric, device }: Series, id: number): void {
    const metrics = getOrAdd(this.#domains, domain);
    getOrAdd(metrics, metric).set(device, id);
  }
}

function getOrAdd<V>(maps: Map<string, Map<string, V>>, key: string): Map<string, V> {
  const known = maps.get(key);
  if (known !== undefined) return known;
  const added = new Map<string, V>();
  maps.set(key, added);
  return added;
}
