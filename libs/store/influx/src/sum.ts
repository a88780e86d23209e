/** A power of two: values divided by it can be added up, and lose nothing worth keeping. */
export const SUM_SCALE = 2 ** 64;

/** A sum that need not fit on its way. */
export class Sum {
  plain = 0;
  /** Of values divided by SUM_SCALE. */
  scaled = 0;

  add(value: number, scaled = value / SUM_SCALE): void {
    this.plain += value;
    this.scaled += scaled;
  }

  total(): number {
    return Number.isFinite(this.plain) ? this.plain : this.scaled * SUM_SCALE;
  }

  mean(count: number): number {
    return Number.isFinite(this.plain) ? this.plain / count : (this.scaled / count) * SUM_SCALE;
  }
}
