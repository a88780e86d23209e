import type { Series } from './series.ts';

/** Which series each device has, by their numbers. */
export class SeriesOfDevices {
  readonly #numbers = new Map<string, number[]>();
  #known = 0;

  /** Series taken in. */
  get known(): number {
    return this.#known;
  }

  /** Takes in those that have come since. @param all in the order of their numbers */
  grow(all: readonly Series[]): void {
    for (; this.#known < all.length; this.#known++) {
      const { device } = all[this.#known]!;
      const own = this.#numbers.get(device);
      if (own === undefined) this.#numbers.set(device, [this.#known]);
      else own.push(this.#known);
    }
  }

  devices(): Iterable<string> {
    return this.#numbers.keys();
  }

  /** In order; whatever their domains. */
  of(device: string): readonly number[] {
    return this.#numbers.get(device) ?? [];
  }
}
