import type { TierStatus } from '@seawall/ports';
import type { Tier } from './tiers.ts';

/** How many rows a rollup has, and from when to when; starts are counted in the tier's steps from the epoch. */
export class RollupRows {
  readonly #stepMs: number;
  #rows = 0;
  #oldest = Infinity;
  #newest = -Infinity;

  constructor({ stepMicros }: Tier) {
    this.#stepMs = stepMicros / 1000;
  }

  grow({ growth, oldest, newest }: { growth: number; oldest: number | null; newest: number | null }): void {
    this.#rows += growth;
    this.#oldest = Math.min(this.#oldest, oldest ?? Infinity);
    this.#newest = Math.max(this.#newest, newest ?? -Infinity);
  }

  /** @param oldest start of the first row that is left */
  expire(count: number, oldest: number | null): void {
    this.#rows -= count;
    this.#oldest = oldest ?? Infinity;
  }

  status(): TierStatus {
    const between = this.#rows === 0 ? { oldest: null, newest: null } : this.#between();
    return { rows: this.#rows, ...between };
  }

  #between() {
    return { oldest: this.#oldest * this.#stepMs, newest: this.#newest * this.#stepMs };
  }
}
