import { RATE_SECONDS, RecentCount } from './recent-count.ts';

/** One metric of a domain by district, in parallel columns. */
export interface DistrictCells {
  readonly district: string[];
  /** Devices with a reading in the last day. */
  readonly count: number[];
  readonly mean: number[];
  readonly min: number[];
  readonly max: number[];
  /** Event time of the newest reading, epoch ms. */
  readonly latest: number[];
}

/** A device that was silent for longer than this before the metric's newest reading is no part of its district. */
const HORIZON_MS = 24 * 3_600_000;

/** The latest reading of every device of a domain in one metric; devices are told apart by their row in the domain. */
export class OverviewMetric {
  readonly domain: string;
  readonly metric: string;
  readonly rate: RecentCount;
  /** Of the last event that told it; `Infinity`: it changed since. */
  version = Infinity;
  newest = -Infinity;
  cells: DistrictCells = { district: [], count: [], mean: [], min: [], max: [], latest: [] };
  #time = new Float64Array(0);
  #value = new Float64Array(0);
  #district = new Uint16Array(0);

  constructor(domain: string, metric: string, since: number) {
    this.domain = domain;
    this.metric = metric;
    this.rate = new RecentCount(RATE_SECONDS, since);
  }

  get capacity(): number {
    return this.#time.length;
  }

  /** Makes room for a row. @returns by how many rows it grew */
  reserve(row: number): number {
    const before = this.capacity;
    if (row < before) return 0;
    const length = Math.max(64, 2 ** Math.ceil(Math.log2(row + 1)));
    this.#time = grown(this.#time, new Float64Array(length).fill(-Infinity));
    this.#value = grown(this.#value, new Float64Array(length));
    this.#district = grown(this.#district, new Uint16Array(length));
    return length - before;
  }

  /** Keeps a reading unless the row has a newer one; of equal event times the last one written wins. */
  note(row: number, district: number, eventTime: number, value: number): void {
    if (eventTime < this.#time[row]!) return;
    this.#time[row] = eventTime;
    this.#value[row] = value;
    this.#district[row] = district;
    if (eventTime > this.newest) this.newest = eventTime;
    this.version = Infinity;
  }

  /** The number of the row's district; undefined without a reading. */
  districtOf(row: number): number | undefined {
    return row < this.capacity && this.#time[row]! > -Infinity ? this.#district[row] : undefined;
  }

  /** Puts the rows together by district. @param names of the districts, by number */
  settle(names: readonly string[], version: number): void {
    if (this.version !== Infinity) return;
    this.version = version;
    const length = names.length;
    const count = new Float64Array(length);
    const sum = new Float64Array(length);
    const min = new Float64Array(length).fill(Infinity);
    const max = new Float64Array(length).fill(-Infinity);
    const latest = new Float64Array(length).fill(-Infinity);
    for (let row = 0; row < this.capacity; row++) {
      const time = this.#time[row]!;
      if (!(time >= this.newest - HORIZON_MS)) continue;
      const at = this.#district[row]!;
      const value = this.#value[row]!;
      count[at]! += 1;
      sum[at]! += value;
      if (value < min[at]!) min[at] = value;
      if (value > max[at]!) max[at] = value;
      if (time > latest[at]!) latest[at] = time;
    }
    const seen = names.map((_, at) => at).filter((at) => count[at]! > 0);
    this.cells = {
      district: seen.map((at) => names[at]!),
      count: seen.map((at) => count[at]!),
      mean: seen.map((at) => sum[at]! / count[at]!),
      min: seen.map((at) => min[at]!),
      max: seen.map((at) => max[at]!),
      latest: seen.map((at) => latest[at]!),
    };
  }
}

function grown<T extends Float64Array | Uint16Array>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}
