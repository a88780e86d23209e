/** The span that rates are told of. */
export const RATE_SECONDS = 10;

/**
 * How many came lately, by whole seconds of the journal's stamps.
 * What came in the second that is not over yet is not told, so that a rate does not sag at its beginning.
 */
export class RecentCount {
  readonly #counts: Float64Array;
  #newest = -1;
  #since: number;

  /** @param seconds the span that is told @param since epoch ms; nothing before it was counted */
  constructor(seconds: number, since: number) {
    this.#counts = new Float64Array(seconds + 1);
    this.#since = Math.floor(since / 1000);
  }

  add(stamp: number, count: number): void {
    const second = this.#moveTo(stamp);
    if (this.#newest - second < this.#counts.length) this.#counts[second % this.#counts.length]! += count;
  }

  /** In the whole seconds before `stamp`. */
  sum(stamp: number): number {
    const now = this.#moveTo(stamp);
    const total = this.#counts.reduce((sum, count) => sum + count, 0);
    return total - this.#counts[now % this.#counts.length]!;
  }

  perSecond(stamp: number): number {
    const counted = Math.min(this.#counts.length - 1, Math.floor(stamp / 1000) - this.#since);
    return counted <= 0 ? 0 : this.sum(stamp) / counted;
  }

  /** Empties the seconds that have passed unnoticed. @returns the stamp's second */
  #moveTo(stamp: number): number {
    const second = Math.floor(stamp / 1000);
    const from = Math.max(this.#newest + 1, second - this.#counts.length + 1);
    for (let at = from; at <= second; at++) this.#counts[at % this.#counts.length] = 0;
    this.#newest = Math.max(this.#newest, second);
    return second;
  }
}
