import { seriesKey, type Series } from './series.ts';

/** Numbers of series in the order of their keys; new ones are merged in, since sorting all again would hold up everybody. */
export class OrderedSeries {
  #keys: readonly string[] = [];
  #ids: readonly number[] = [];

  /** @param series by number; those known before are the same as then */
  grow(series: readonly Series[]): void {
    const known = this.#ids.length;
    if (series.length === known) return;
    const fresh = series.slice(known).map((each, i) => ({ key: seriesKey(each), id: known + i }));
    fresh.sort((a, b) => (a.key < b.key ? -1 : 1));
    const keys: string[] = [];
    const ids: number[] = [];
    let at = 0;
    const takeBefore = (key: string | undefined) => {
      for (; at < known && (key === undefined || this.#keys[at]! < key); at++) {
        keys.push(this.#keys[at]!);
        ids.push(this.#ids[at]!);
      }
    };
    for (const { key, id } of fresh) {
      takeBefore(key);
      keys.push(key);
      ids.push(id);
    }
    takeBefore(undefined);
    [this.#keys, this.#ids] = [keys, ids];
  }

  /** The numbers after the series with this key; all, if there is none. */
  after(key: string | undefined): readonly number[] {
    if (key === undefined) return this.#ids;
    let [low, high] = [0, this.#keys.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#keys[middle]! <= key) low = middle + 1;
      else high = middle;
    }
    return this.#ids.slice(low);
  }
}
