const PER_DOUBLING = 16;
const SMALLEST_MS = 0.01;
const BUCKETS = 24 * PER_DOUBLING;

/** Counts of durations in buckets 4.4 % wide, from 0.01 ms to about 150 s. */
export class LatencyHistogram {
  readonly counts: Uint32Array;

  constructor(counts: Uint32Array = new Uint32Array(BUCKETS)) {
    this.counts = counts;
  }

  add(durationMs: number): void {
    const at = Math.floor(Math.log2(Math.max(durationMs, SMALLEST_MS) / SMALLEST_MS) * PER_DOUBLING);
    this.counts[Math.min(at, BUCKETS - 1)]!++;
  }

  /** Upper edge of the bucket that holds the quantile, in ms; NaN while empty. */
  quantile(q: number): number {
    const total = this.counts.reduce((sum, n) => sum + n, 0);
    if (total === 0) return NaN;
    let left = Math.max(1, Math.ceil(q * total));
    const at = this.counts.findIndex((n) => (left -= n) <= 0);
    return SMALLEST_MS * 2 ** ((at + 1) / PER_DOUBLING);
  }
}
