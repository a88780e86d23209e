/** A power of two: values divided by it can be squared, and lose nothing worth keeping. */
export const SQUARE_SCALE = 2 ** 600;

/** The sum of squared deviations from the mean, after Welford, and Chan, Golub and LeVeque; of values made smaller. */
export class Squares {
  readonly #scale: number;
  #count = 0;
  #mean = 0;
  total = 0;

  constructor(scale: number) {
    this.#scale = scale;
  }

  add(value: number): void {
    const scaled = value * this.#scale;
    const before = scaled - this.#mean;
    this.#mean += before / ++this.#count;
    this.total += before * (scaled - this.#mean);
  }

  /** Values that were made smaller as well. */
  merge(count: number, mean: number, total: number): void {
    const apart = mean - this.#mean;
    const all = this.#count + count;
    this.total += total + (apart * apart * this.#count * count) / all;
    this.#mean += (apart * count) / all;
    this.#count = all;
  }
}
