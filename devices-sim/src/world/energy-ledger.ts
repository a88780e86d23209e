const QUARTER_MS = 15 * 60_000;
const QUARTERS_PER_HOUR = 4;

/**
 * The integral of a load over event time, for counters that must agree with the power beside them. It counts from
 * the first of the month, in quarters of an hour whose sums are kept: one number a quarter, of the month asked last.
 */
export class EnergyLedger {
  readonly #load: (eventTime: number) => number;
  #month = NaN;
  /** Load-hours at the end of each quarter since the month began. */
  #sums: number[] = [];

  constructor(load: (eventTime: number) => number) {
    this.#load = load;
  }

  /** @param eventTime epoch ms @returns hours at a load of 1 */
  sinceMonthBegan(eventTime: number): number {
    const now = new Date(eventTime);
    const month = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1);
    if (month !== this.#month) {
      this.#month = month;
      this.#sums = [];
    }
    const quarters = (eventTime - month) / QUARTER_MS;
    const whole = Math.floor(quarters);
    return this.#sumOf(whole) + (quarters - whole) * this.#quarter(whole);
  }

  #sumOf(quarters: number): number {
    for (let i = this.#sums.length; i < quarters; i++) this.#sums.push((this.#sums[i - 1] ?? 0) + this.#quarter(i));
    return this.#sums[quarters - 1] ?? 0;
  }

  #quarter(index: number): number {
    return this.#load(this.#month + (index + 0.5) * QUARTER_MS) / QUARTERS_PER_HOUR;
  }
}
